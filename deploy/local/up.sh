#!/usr/bin/env bash
# Starts a private PostgreSQL, three gateways over it and nginx in front of them, on loopback, to try them out; with --orleans
# three silos over it, and two gateways before those. What is up already stays; what has ended is started again. down.sh ends
# and removes all of it.
#   BALANCER_PORT=8080  verification, by way of the balancer
#   ADMIN_PORT=8081     admin API, by way of the balancer
#   GATEWAY_PORT=8100   gateway 1 listens at 8101 and, with its admin API, at 8111; silo 1 at 8121 for silos, at 8131 for
#                       gateways and, with its health, at 8141; and so on
#   GATEWAY=FILE        CaptchaCluster.Gateway.dll, or with --orleans
#   SILO=FILE           CaptchaCluster.Silo.dll, where it is built already
set -euo pipefail
cd "$(dirname "$0")"
. ./lib.sh

main() {
  case $# in
    0) wanted='' gateways="1 2 3" silos='' ;;
    *) [ "$*" = --orleans ] || die "usage: [BALANCER_PORT=8080] [ADMIN_PORT=8081] [GATEWAY_PORT=8100] [GATEWAY=FILE] [SILO=FILE] $0 [--orleans]"
      wanted=--orleans gateways="1 2" silos="1 2 3" ;;
  esac
  alone
  refuse_other_shape
  if is_up; then
    echo "It is already up."
    tell
    return
  fi
  require_packages
  if ! is_of_use; then
    tear_down
    make_settings
    trap 'tear_down; echo "Nothing was left behind." >&2' EXIT
  fi
  . "$state/settings"
  as_postgres=()
  [ "$(id -u)" != 0 ] || as_postgres=(setpriv --reuid=postgres --regid=postgres --init-groups) # as root it refuses to run
  build_program
  start_postgres
  start_silos
  let_gateways_find_silos
  start_gateways
  start_balancer
  make_demo_site
  trap - EXIT
  tell
}

refuse_other_shape() { # of what is there already
  local shape=''
  is_of_use || return 0
  . "$state/settings"
  [ "$shape" = "$wanted" ] || die "Here is up what $PWD/up.sh${shape:+ $shape} starts. End it with $PWD/down.sh first."
}

is_up() {
  local part
  [ -e "$state/demo" ] || return
  for part in postgres balancer; do running $part || return; done
  for part in $silos; do running silo-$part || return; done
  for part in $gateways; do running gateway-$part || return; done
  . "$state/settings"
}

is_of_use() { # what an earlier start left: it may have been cut short, or the database be gone with its temporary folder
  [ -e "$state/settings" ] && { [ ! -e "$state/postgres.home" ] || [ -d "$(<"$state/postgres.home")" ]; }
}

require_packages() {
  local missing=()
  command -v dotnet >/dev/null || die "MISSING: dotnet, the .NET 10 SDK (https://dotnet.microsoft.com/download)"
  command -v curl >/dev/null || missing+=(curl)
  [ -n "$(nginx_program)" ] || missing+=(nginx-light)
  [ -n "$(postgres_folder)" ] || missing+=(postgresql)
  [ ${#missing[@]} = 0 ] && return
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || die "MISSING: the Debian packages ${missing[*]}"
  echo "Installing the Debian packages ${missing[*]}"
  install_packages "${missing[@]}" >install.log 2>&1 || { tail -n 5 install.log; die "They could not be installed; all that was said is in $PWD/install.log."; }
  rm install.log
}

install_packages() { # without the services that they bring: a web server for the world, and another database
  local policy=/usr/sbin/policy-rc.d ours= status=0
  [ -e $policy ] || { printf '#!/bin/sh\nexit 101\n' >$policy && chmod 755 $policy && ours=$policy; }
  apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" || status=$?
  [ -z $ours ] || rm $ours
  return $status
}

nginx_program() { command -v nginx || PATH=$PATH:/usr/sbin command -v nginx || true; }

postgres_folder() { # of the newest that is installed, as Debian has them; otherwise of that which is in the PATH
  local folder
  while read -r folder; do
    if [ -x "$folder/initdb" ]; then echo "$folder"; return; fi
  done < <(compgen -G '/usr/lib/postgresql/*/bin' | sort -rV; pg_config --bindir 2>/dev/null)
}

require_free() { # require_free PORT SETTING
  ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null || die "Port $1 of 127.0.0.1 is in use: set $2 to another one, or end what listens there."
}

make_settings() {
  local balancer=${BALANCER_PORT:-8080} admin=${ADMIN_PORT:-8081} gateway=${GATEWAY_PORT:-8100} n
  for n in "$balancer" "$admin" "$gateway"; do
    [[ $n =~ ^[0-9]{1,5}$ ]] && ((n > 0 && n < 65500)) || die "'$n' is no port: BALANCER_PORT, ADMIN_PORT and GATEWAY_PORT take 1 to 65499."
  done
  require_free "$balancer" BALANCER_PORT
  require_free "$admin" ADMIN_PORT
  for n in $gateways; do
    require_free $((gateway + n)) GATEWAY_PORT
    require_free $((gateway + 10 + n)) GATEWAY_PORT
  done
  for n in $silos; do
    require_free $((gateway + 20 + n)) GATEWAY_PORT
    require_free $((gateway + 30 + n)) GATEWAY_PORT
    require_free $((gateway + 40 + n)) GATEWAY_PORT
  done
  mkdir -m 700 "$state"
  random >"$state/admin.key"
  printf '%s\n' "shape=$wanted" "balancer_port=$balancer" "admin_port=$admin" "gateway_port=$gateway" "ring_key=$(random)" >"$state/settings"
}

random() { head -c 32 /dev/urandom | base64; }

build_program() { # a silo is a gateway too
  local name=gateway given=GATEWAY assembly=CaptchaCluster.Gateway.dll
  [ -z "$silos" ] || name=silo given=SILO assembly=CaptchaCluster.Silo.dll
  if [ -n "${!given:-}" ]; then
    [ -f "${!given}" ] || die "$given=${!given}: there is no such file."
    readlink -f "${!given}" >"$state/program.path"
  elif [ ! -e "$state/program.path" ]; then
    echo "Building the $name"
    dotnet publish ../../$name -c Release -o "$state/program" --nologo -v quiet 9>&- >"$state/build.log" 2>&1 || tell_why_not_built $name
    echo "$state/program/$assembly" >"$state/program.path"
  fi
}

tell_why_not_built() { # tell_why_not_built NAME
  local package
  package=$(grep -oEm1 "NU110[0-3]: Unable to (find package |resolve ')Microsoft\.Orleans\.[A-Za-z.]*[A-Za-z]" "$state/build.log") ||
    { cat "$state/build.log"; die "The $1 could not be built."; }
  die "MISSING: the NuGet package ${package##*[ \']}, which no package source of this machine has (dotnet nuget list source).
Name one that has it (dotnet nuget add source URL), or start without --orleans, which needs nothing of Orleans."
}

wait_for() { # wait_for PART COMMAND...: until the command succeeds
  local part=$1 waited
  shift
  for ((waited = 0; waited < 1200; waited++)); do
    running "$part" || break
    "$@" >/dev/null 2>&1 && return
    sleep 0.1
  done
  tail -n 5 "$state/$part.log"
  die "$part does not get ready; these are the last lines of $state/$part.log"
}

start_postgres() {
  running postgres && return
  local bin home
  bin=$(postgres_folder)
  if ! home=$(cat "$state/postgres.home" 2>/dev/null); then
    # Not in the state: the user that runs it must get there, and the path of a socket must be short.
    home=$(mktemp -d /tmp/captchacluster-XXXXXX)
    echo "$home" >"$state/postgres.home"
    [ "$(id -u)" != 0 ] || chown postgres:postgres "$home"
  fi
  echo "Starting PostgreSQL, reached by a socket in $home"
  [ -e "$home/data/postgresql.auto.conf" ] || "${as_postgres[@]}" env --chdir="$home" "$bin/initdb" -D data -U postgres -A trust --encoding=UTF8 --locale=C >>"$state/postgres.log" 2>&1 ||
    { tail -n 5 "$state/postgres.log"; die "initdb failed."; }
  launch postgres "${as_postgres[@]}" env --chdir="$home" "$bin/postgres" -D data -k "$home" -c listen_addresses= -c max_wal_size=4GB
  wait_for postgres "$bin/pg_isready" -q -h "$home"
  query "SELECT 'made' FROM pg_roles WHERE rolname = 'captchacluster'" | grep -q made ||
    query 'CREATE ROLE captchacluster LOGIN; CREATE SCHEMA captchacluster AUTHORIZATION captchacluster'
}

query() { "$(postgres_folder)/psql" -X -q -A -t -v ON_ERROR_STOP=1 -h "$(<"$state/postgres.home")" -U postgres -c "$1"; }

database() { echo "Host=$(<"$state/postgres.home");Database=postgres;Username=$1"; } # database ROLE

launch_program() { # launch_program PART NAME=VALUE...: with these settings, which are nowhere that others see
  local part=$1 dll
  shift
  dll=$(<"$state/program.path")
  (export "$@" && launch "$part" dotnet "$dll" --contentRoot "$(dirname "$dll")")
}

start_silos() {
  local n
  for n in $silos; do
    running silo-$n && continue
    echo "Starting silo $n at port $((gateway_port + 20 + n)), its health at $(health_of $n)/healthz/ready"
    launch_program silo-$n Cluster__Role=silo Cluster__AdvertisedAddress=127.0.0.1 Cluster__SiloPort=$((gateway_port + 20 + n)) \
      Cluster__GatewayPort=$((gateway_port + 30 + n)) Cluster__HealthListen=$(health_of $n) \
      Store__Kind=postgres Store__ConnectionString="$(database captchacluster)"
  done
  for n in $silos; do wait_for silo-$n curl -fs "$(health_of $n)/healthz/ready"; done
}

let_gateways_find_silos() { # and nothing else
  [ -n "$silos" ] || return 0
  query "SELECT 'made' FROM pg_roles WHERE rolname = 'captchacluster_gateway'" | grep -q made || query 'CREATE ROLE captchacluster_gateway LOGIN'
  query 'GRANT USAGE ON SCHEMA captchacluster TO captchacluster_gateway;
    GRANT SELECT ON captchacluster.orleans_schema_version, captchacluster.orleansquery, captchacluster.orleans_cluster,
      captchacluster.orleans_silo TO captchacluster_gateway'
}

start_gateways() {
  local n behind=(Store__Kind=postgres Store__ConnectionString="$(database captchacluster)")
  [ -z "$silos" ] || behind=(Cluster__Role=gateway Cluster__ConnectionString="$(database captchacluster_gateway)")
  for n in $gateways; do
    running gateway-$n && continue
    echo "Starting gateway $n at $(public_of $n)"
    launch_program gateway-$n Gateway__Listen=$(public_of $n) Gateway__AdminListen=$(admin_of $n) Gateway__DataDirectory=$state/data-$n \
      Gateway__AdminKey=$(<"$state/admin.key") Gateway__TrustedProxies__0=127.0.0.1/32 Tokens__Keys__k1=$ring_key Tokens__SigningKey=k1 "${behind[@]}"
  done
  for n in $gateways; do wait_for gateway-$n curl -fs "$(public_of $n)/healthz/ready"; done
}

health_of() { echo "http://127.0.0.1:$((gateway_port + 40 + $1))"; }

public_of() { echo "http://127.0.0.1:$((gateway_port + $1))"; }

admin_of() { echo "http://127.0.0.1:$((gateway_port + 10 + $1))"; }

start_balancer() {
  running balancer && return
  echo "Starting nginx at http://127.0.0.1:$balancer_port"
  nginx_configuration >"$state/nginx.conf"
  launch balancer "$(nginx_program)" -p "$state" -c "$state/nginx.conf" -e "$state/balancer.log" -g 'daemon off;'
  wait_for balancer curl -fs "http://127.0.0.1:$balancer_port/healthz/ready"
}

# A POST that was sent to a gateway is not sent to another one, as that would be another attempt: nginx's own rule. Where no
# answer came, whoever asked hears that the outcome is unknown. Bodies stay in memory.
nginx_configuration() {
  cat <<CONF
worker_processes 1;
pid $state/nginx.pid;
events { worker_connections 4096; }
http {
  access_log off;
  client_max_body_size 128k;
  client_body_buffer_size 128k;
  client_body_temp_path $state/nginx-body;
  proxy_temp_path $state/nginx-proxy;
  fastcgi_temp_path $state/nginx-fastcgi;
  uwsgi_temp_path $state/nginx-uwsgi;
  scgi_temp_path $state/nginx-scgi;
  proxy_max_temp_file_size 0;
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_set_header Host \$http_host;
  proxy_set_header X-Forwarded-For \$remote_addr;
  proxy_connect_timeout 1s;
  proxy_read_timeout 20s;
  proxy_next_upstream error timeout;
$(nginx_part gateways public_of "$balancer_port")
$(nginx_part admin admin_of "$admin_port")
}
CONF
}

nginx_part() { # nginx_part NAME ADDRESS-OF PORT
  local n
  echo "  upstream $1 {"
  for n in $gateways; do echo "    server $($2 $n | cut -c 8-) max_fails=1 fail_timeout=2s;"; done
  cat <<CONF
    keepalive 64;
    keepalive_timeout 30s; # less than the gateways' 75 s, or they would close one that is just used
  }
  server {
    listen 127.0.0.1:$3;
    error_page 502 504 = @undecided;
    location / { proxy_pass http://$1; }
    location @undecided {
      default_type application/json;
      add_header Retry-After 1 always;
      return 503 '{"success":false,"error-codes":["internal-error"]}';
    }
  }
CONF
}

admin() { # admin PATH JSON
  curl -fsS -H @<(echo "Authorization: Bearer $(<"$state/admin.key")") -H 'Content-Type: application/json' -d "$2" "http://127.0.0.1:$admin_port/admin/v1/$1"
}

member() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; } # member NAME: of the JSON on standard input

make_demo_site() {
  [ -e "$state/demo" ] && return
  local site
  site=$(admin sites '{"name":"demo","hostnames":["localhost"]}')
  printf '%s\n' "sitekey=$(member sitekey <<<"$site")" "secret=$(member secret <<<"$site")" >"$state/demo"
}

tell() {
  . "$state/demo"
  local token what="three gateways" victim=gateway
  [ -z "$silos" ] || what="two gateways before three silos" victim=silo
  token=$(admin "sites/$sitekey/tokens" '{"hostname":"localhost"}' | member token)
  cat <<TEXT

CaptchaCluster is running: $what over one PostgreSQL, behind nginx.
  verification    http://127.0.0.1:$balancer_port/siteverify
  admin API       http://127.0.0.1:$admin_port/admin/v1/
  gateways        $(for n in $gateways; do printf '%s ' "$(public_of $n)"; done)${silos:+
  silos           $(for n in $silos; do printf '%s ' "$(health_of $n)/healthz/ready"; done)}
  admin key       $state/admin.key
  database        psql -h $(<"$state/postgres.home") -U captchacluster postgres
  logs            $state/*.log

A site to try it with, 'demo':
  sitekey         $sitekey
  secret          $secret
  token           $token

Verify the token; it succeeds once, whichever gateway is asked:
curl -d secret=$secret -d response=$token http://127.0.0.1:$balancer_port/siteverify

Lose a $victim, and ask again; $PWD/up.sh${wanted:+ $wanted} starts it again, and brings another token:
kill -9 \$(cut -d ' ' -f 1 $state/$victim-1.pid)

$PWD/down.sh ends and removes all of this.
TEXT
}

main "$@"
