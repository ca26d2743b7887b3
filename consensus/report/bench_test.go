package report

import (
	"context"
	"fmt"
	"testing"
)

// BenchmarkCompute counts monitoring over so many records; the time is per
// record, the memory of the whole is the distinct reports that are told apart.
func BenchmarkCompute(b *testing.B) {
	s := newShelf(b)
	for i := range 20_000 {
		r := s.put("monitoring", fmt.Sprintf("RM-120000-2022-%06d", i), "2022-02-01", "assessed", fmt.Sprintf(`{"product_code":"P%d","product_name":"名"}`, i%50))
		s.act(r, "sample", "120000", "2022-02-02", `{"sampled_on":"2022-01-20"}`)
		s.act(r, "test", "120000", "2022-02-02", fmt.Sprintf(`{"lab_uscc":"L","report_no":"%d","result":"problem"}`, i))
		s.act(r, "assess", "120000", "2022-02-02", `{"risk_level":"low"}`)
	}
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		if _, err := Find("risk_monitoring").Compute(context.Background(), s, Request{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/20_000, "us/record")
}
