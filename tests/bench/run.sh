#!/usr/bin/env bash
# /siteverify (fresh tokens, success, durable) beside a bare Kestrel server that drains the same body and answers a
# constant of the same size: interleaved rounds in one run. Needs wrk and jq. Loopback only; stops by itself.
#   tests/bench/run.sh [connections=64] [rounds=5] [seconds=5]
set -euo pipefail
cd "$(dirname "$0")/../.."
connections=${1:-64} rounds=${2:-5} seconds=${3:-5}
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT

dotnet build ring1.slnf -c Release -v q --nologo >/dev/null
Gateway__Listen=http://127.0.0.1:18080 Gateway__AdminListen=http://127.0.0.1:18081 Gateway__DataDirectory="$work/data" \
  dotnet gateway/bin/Release/net10.0/CaptchaCluster.Gateway.dll >"$work/gateway.log" 2>&1 &
dotnet tests/bench/bare/bin/Release/net10.0/CaptchaCluster.Bench.Bare.dll --urls http://127.0.0.1:18082 >/dev/null 2>&1 &
for url in http://127.0.0.1:18080/healthz/ready http://127.0.0.1:18082/; do
  curl -sf --retry 20 --retry-connrefused --retry-delay 1 "$url" >/dev/null || { cat "$work/gateway.log"; exit 1; }
done

admin=(-sf -H 'Content-Type: application/json' -H "Authorization: Bearer $(cat "$work/data/admin.key")" http://127.0.0.1:18081/admin/v1/sites)
site=$(curl "${admin[@]}" -d '{"name":"bench","hostnames":["localhost"]}')
export BENCH_SECRET BENCH_TOKENS=$work/tokens
BENCH_SECRET=$(jq -r .secret <<<"$site")
key=$(jq -r .sitekey <<<"$site")
mint() { # enough for a round at 60,000 a second
  for _ in $(seq $((seconds * 6))); do
    curl "${admin[@]/%sites/sites/$key/tokens}" -d '{"hostname":"localhost","count":10000,"ttl_seconds":3600}' | jq -r '.tokens[]'
  done >"$BENCH_TOKENS"
}
load() { wrk -t1 -c"$connections" -d"${seconds}s" --latency -s tests/bench/siteverify.lua "$1" | awk '
  /50%|99%/ { l[$1] = $2 } /Requests\/sec/ { r = $2 } /Non-2xx|Socket errors/ { bad = $0 }
  END { printf "%s %s %s %s\n", r, l["50%"], l["99%"], bad }'; }

for _ in 1 2 3; do mint; load http://127.0.0.1:18082/ >/dev/null; load http://127.0.0.1:18080/siteverify >/dev/null; done # warm up both
printf 'connections %s, %s rounds of %s s\nround  bare/s p50 p99            siteverify/s p50 p99      ratio\n' "$connections" "$rounds" "$seconds"
for round in $(seq "$rounds"); do
  mint
  bare=$(load http://127.0.0.1:18082/)
  ours=$(load http://127.0.0.1:18080/siteverify)
  printf '%s  %s  |  %s  |  %.3f\n' "$round" "$bare" "$ours" "$(jq -n "${ours%% *} / ${bare%% *}")"
done
