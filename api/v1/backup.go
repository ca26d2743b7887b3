package v1

// BackupMedia is the node's part of a backup, and HeaderBackupBytes about how many
// bytes it has. TrailerDigest ends it.
const (
	BackupMedia       = "application/x-tar"
	HeaderBackupBytes = "Backup-Bytes"
)
