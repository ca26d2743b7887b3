package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// webPort is where nginx listens.
const webPort = 30990

// web is what people would use instead: nginx over TLS.
type web struct {
	*server
	folder string // what it serves
	ca     string
}

// startWeb starts nginx with the settings that suit large files best.
func startWeb(dir string, certs benchTLS) (*web, error) {
	for _, tool := range []string{"nginx", "curl", "sync", "sha256sum"} {
		if _, err := exec.LookPath(tool); err != nil {
			return nil, fmt.Errorf("%s is what transfers are compared with; install it (apt-get install nginx-light curl coreutils): %w", tool, err)
		}
	}
	w := &web{folder: filepath.Join(dir, "web"), ca: certs.ca}
	if err := os.Mkdir(w.folder, 0o755); err != nil { //nolint:gosec // the workers of nginx run as another user
		return nil, err
	}
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // so does the way there
		return nil, err
	}
	conf := filepath.Join(dir, "nginx.conf")
	text := fmt.Sprintf(`daemon off;
worker_processes auto;
pid %[1]s/nginx.pid;
error_log stderr warn;
events { worker_connections 64; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  client_body_temp_path %[1]s/b; proxy_temp_path %[1]s/p; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;
  server {
    listen 127.0.0.1:%[2]d ssl;
    ssl_certificate %[3]s;
    ssl_certificate_key %[4]s;
    ssl_protocols TLSv1.3;
    ssl_buffer_size 16k;
    root %[5]s;
  }
}
`, dir, webPort, certs.serverCert, certs.serverKey, w.folder)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		return nil, err
	}
	var err error
	if w.server, err = startServer(dir, "nginx", false, "nginx", "-c", conf); err != nil {
		return nil, err
	}
	return w, until(20*time.Second, "nginx", func(ctx context.Context) error {
		if err := w.died(); err != nil {
			return err
		}
		return w.curl(ctx, os.DevNull, "")
	})
}

// curl fetches a file; no name is the folder itself, which is refused by an answer.
func (w *web) curl(ctx context.Context, to, name string) error {
	args := []string{"-sS", "--cacert", w.ca, "-o", to, fmt.Sprintf("https://127.0.0.1:%d/%s", webPort, name)}
	if name != "" {
		args = append(args, "--fail")
	}
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, "curl", args...)
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("curl: %w: %s", err, strings.TrimSpace(said.String()))
	}
	return nil
}

// fetch takes a file as somebody careful would: to disk, synced, its digest compared.
func (w *web) fetch(ctx context.Context, f file) (time.Duration, error) {
	to := filepath.Join(filepath.Dir(w.folder), "fetched")
	began := time.Now()
	if err := w.curl(ctx, to, filepath.Base(f.path)); err != nil {
		return 0, err
	}
	if out, err := exec.CommandContext(ctx, "sync", to).CombinedOutput(); err != nil {
		return 0, fmt.Errorf("sync: %w: %s", err, out)
	}
	out, err := exec.CommandContext(ctx, "sha256sum", to).Output()
	took := time.Since(began)
	if err == nil && !strings.HasPrefix(string(out), hex.EncodeToString(f.sum[:])) {
		err = errors.New("the fetched file is not the served one")
	}
	return took, errors.Join(err, os.Remove(to))
}
