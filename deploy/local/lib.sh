# What up.sh and down.sh share: the state of what was started, and its processes. Sourced from deploy/local.

state=$PWD/.state

curl() { command curl --noproxy '*' "$@"; } # all of it is on this machine

die() { echo "$*" >&2; exit 1; }

alone() { # nobody else starts or ends anything meanwhile
  exec 9>.state.lock
  flock -n 9 || die "Another up.sh or down.sh is at work here."
}

begun() { # begun PID: when that process began, in clock ticks since the boot; fails where it has ended
  local stat
  { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
  read -ra stat <<<"${stat##*) }"
  [ "${stat[0]}" != Z ] && echo "${stat[19]}"
}

launch() { # launch PART COMMAND...: in the background, with a log; a process is known by its id and when it began, as ids come again
  local part=$1
  shift
  setsid "$@" >>"$state/$part.log" 2>&1 </dev/null 9>&- &
  echo "$! $(begun $!)" >"$state/$part.pid"
}

running() { # running PART
  local id began
  { read -r id began <"$state/$1.pid"; } 2>/dev/null && [ "$(begun "$id")" = "$began" ]
}

end() { # end PART SIGNAL: asks it to end, and kills it after 20 s
  local id waited
  running "$1" || return 0
  read -r id _ <"$state/$1.pid"
  kill -"$2" "$id"
  for ((waited = 0; waited < 200; waited++)); do
    running "$1" || return 0
    sleep 0.1
  done
  kill -KILL "$id"
}

tear_down() { # ends what runs, the balancer first and the database last, and removes the state
  local part home
  end balancer TERM
  for part in gateway-1 gateway-2 gateway-3 silo-1 silo-2 silo-3; do end $part TERM; done
  end postgres INT
  if home=$(cat "$state/postgres.home" 2>/dev/null); then
    case $home in /tmp/captchacluster-??????) rm -rf "$home" ;; esac
  fi
  rm -rf "$state"
}
