#!/usr/bin/env bash
# Builds, checks and tests everything that can be built here. Ends with one line: N passed, N failed, N skipped.
#   REQUIRE_RING2=1  fail where the Orleans packages of ring 2 cannot be restored
#   CI=true          fail on any skipped test
set -uo pipefail
cd "$(dirname "$0")"
log=$(mktemp -d)
trap 'rm -rf "$log"' EXIT
passed=0 failed=0 skipped=0 built= missing=

# A command, also where Debian puts those of servers, or a file.
has() { command -v "$1" >/dev/null || [ -e "/usr/sbin/$1" ] || [ -e "$1" ] || compgen -G "/usr/lib/postgresql/*/bin/$1" >/dev/null; }

need() { # need COMMAND-OR-FILE PACKAGE...: Debian packages that some tests use, and what comes with them
  has "$1" && return
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "installing ${*:2}"
    { { [ -e "$log/updated" ] || apt-get update; } && touch "$log/updated" && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${@:2}"; } >"$log/apt" 2>&1 || tail -n 5 "$log/apt"
  fi
  has "$1" || echo "MISSING: $1 (Debian package ${*:2}); the tests that need it are skipped"
}

npm_clients() { # the peers' clients that are on npm, where they are not installed as the lock file says
  local clients=tests/conformance/clients
  command -v npm >/dev/null || return
  [ $clients/package-lock.json -nt $clients/node_modules/.package-lock.json ] || return
  echo "installing the npm packages of $clients"
  (cd $clients && npm ci) >"$log/npm" 2>&1 || { tail -n 5 "$log/npm"; echo "MISSING: npm packages of $clients; the tests that need them are skipped"; }
}

build() { # build RING: it is checked and tested below if it could be built
  echo "== $1: build"
  if dotnet build "$1.slnf" -c Release --nologo -v quiet; then built+=" $1"; else failed=$((failed + 1)); fi
}

format() { # format RING...
  local ring status=0
  for ring; do
    echo "== $ring: format"
    dotnet format "$ring.slnf" --verify-no-changes --no-restore || status=1
  done
  return $status
}

test_ring() {
  echo "== $1: test" # one project after the other: real processes under load want the machine for themselves
  dotnet test "$1.slnf" -c Release --no-build --nologo -v quiet -m:1 --logger 'console;verbosity=minimal' --logger trx --results-directory "$log/$1" -- RunConfiguration.MaxCpuCount=1
  local status=$? before=$failed counters
  for counters in $(grep -ohE '<Counters [^>]*>' "$log/$1" --include='*.trx' -r | tr ' ' ','); do
    count() { grep -oE ",$1=\"[0-9]+\"" <<<"$counters" | grep -oE '[0-9]+'; }
    passed=$((passed + $(count passed)))
    failed=$((failed + $(count failed)))
    skipped=$((skipped + $(count total) - $(count executed)))
  done
  # A test host that crashed counts no test.
  if [ $status != 0 ] && [ $failed = $before ]; then failed=$((failed + 1)); fi
}

need strace strace
need ip iproute2
need redis-server redis-server
need faketime faketime libfaketime
need initdb postgresql
need nginx nginx-light
need node nodejs
need npm npm
need ruby ruby
need /usr/lib/ruby/vendor_ruby/recaptcha.rb ruby-recaptcha
need php php-cli
need /usr/share/php/ReCaptcha/autoload.php php-google-recaptcha
npm_clients
build ring1
if dotnet restore ring2.slnf >"$log/restore" 2>&1; then build ring2
elif m=$(grep -oEm1 "NU110[0-3]: Unable to (find package |resolve ')Microsoft\.Orleans\.[A-Za-z.]*[A-Za-z]" "$log/restore")
then missing="RING 2 NOT BUILT, NOT TESTED: ${m##*[ \']}"; echo "$missing"; [ -z "${REQUIRE_RING2:-}" ] || failed=$((failed + 1))
else cat "$log/restore"; failed=$((failed + 1)); fi

# shellcheck disable=SC2086 # names without blanks
{ renice -n 19 "$BASHPID" >/dev/null; format $built; } >"$log/format" 2>&1 & # in what time the tests leave idle
formatting=$!
for ring in $built; do test_ring "$ring"; done
wait $formatting || failed=$((failed + 1))
cat "$log/format"

if [ "${CI:-}" = true ] && [ $skipped != 0 ]; then
  echo "CI: a skipped test is a failed one"
  failed=$((failed + 1))
fi
[ -z "$missing" ] || echo "$missing"
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
