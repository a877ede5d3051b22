// Command bench drives any OCI registry by URL and reports what it costs:
// operations per second, latency percentiles, CPU time of the server per
// operation and its peak memory. Several targets are measured alternately in
// one run (A, B, A, B) and printed side by side.
//
//	go run ./bench -compare
//	go run ./bench -target a=http://127.0.0.1:5000,pid=123,user=u,password=p,namespace=u \
//	               -target b=http://127.0.0.1:5001,pid=456,namespace=bench
//
// The first form builds berth, starts it beside Debian's docker-registry on
// temporary directories and stops both at the end.
//
// It is not a load generator for other people's machines: it dials loopback
// only unless told otherwise, and sends nothing to any host but the targets'.
// What it pushes stays in the target's namespace: point it at a scratch one.
//
// It imports the standard library only, and nothing of berth, so that it can
// judge berth as a stranger would. CPU and memory come from Linux's /proc.
package main
