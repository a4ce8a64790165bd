#!/bin/bash
# deploy/make_certs.sh from an empty folder to a call of the command line client over TLS.
#
#   make_certs_test.sh MAKE_CERTS ATOMSTREAMD ATOMSTREAM ATOMSTREAM_SIM
set -euo pipefail
make_certs=$1
daemon=$2
client=$3
simulator=$4
folder=$(mktemp -d)
pid=
sim_pid=
cleanup() {
  [[ -z $pid ]] || kill "$pid" 2>/dev/null || true
  [[ -z $sim_pid ]] || kill "$sim_pid" 2>/dev/null || true
  rm -rf "$folder"
}
trap cleanup EXIT
cd "$folder"
unset ATOMSTREAM_CA ATOMSTREAM_CERT ATOMSTREAM_KEY ATOMSTREAM_TOKEN_FILE ATOMSTREAM_SERVER_NAME

failures=0
fail() {
  echo "FAILED: $*"
  failures=$((failures + 1))
}
# expect EXIT_CODE TEXT COMMAND...: of the output's text.
expect() {
  local code=$1 text=$2 output got=0
  shift 2
  output=$("$@" 2>&1) || got=$?
  [[ $got == "$code" ]] || fail "$*: exit code $got, not $code: $output"
  [[ $output == *"$text"* ]] || fail "$*: no '$text' in: $output"
}

expect 0 "made     certs/daq1.crt" "$make_certs" server daq1 daq1.lab.example 10.0.0.3
expect 0 "added    certs/policy" "$make_certs" client olga operator
expect 0 "made     certs/vera.crt" "$make_certs" client vera viewer
expect 0 "made     certs/night.token" "$make_certs" token night agent

openssl verify -CAfile certs/ca.crt -purpose sslserver certs/daq1.crt >/dev/null || fail "daq1.crt"
openssl verify -CAfile certs/ca.crt -purpose sslclient certs/olga.crt >/dev/null || fail "olga.crt"
expect 2 "unsuitable certificate purpose" openssl verify -CAfile certs/ca.crt -purpose sslclient certs/daq1.crt
openssl x509 -in certs/daq1.crt -noout -text | grep -q 'DNS:daq1.lab.example, IP Address:10.0.0.3' ||
  fail "daq1.crt: alternative names"
[[ $(stat -c %a certs/daq1.key certs/ca.key certs/night.token | sort -u) == 600 ]] || fail "modes"

# Again: nothing changes.
before=$(cd certs && sha256sum -- *)
expect 0 "kept     certs/daq1.key" "$make_certs" server daq1
expect 0 "kept     certs/policy: cn=olga operator" "$make_certs" client olga admin
expect 0 "kept     certs/night.token" "$make_certs" token night admin
[[ $(cd certs && sha256sum -- *) == "$before" ]] || fail "a second run changed something"

# A certificate that ends soon is renewed with the same key.
expect 0 "made     short/soon.crt" "$make_certs" --folder short --days 5 client soon viewer
key=$(sha256sum short/soon.key)
expect 0 "renewed  short/soon.crt" "$make_certs" --folder short client soon viewer
[[ $(sha256sum short/soon.key) == "$key" ]] || fail "renewing made another key"

expect 2 "ROLE = boss" "$make_certs" client x boss
expect 2 "NAME = ../x" "$make_certs" client ../x viewer
expect 2 "NAME = ca: is the CA" "$make_certs" client ca viewer
expect 2 "must not hold a ." "$make_certs" token a.b viewer
expect 2 "HOST = a b" "$make_certs" server y "a b"
expect 2 "--days = 0" "$make_certs" --days 0 client x viewer
expect 2 "must be server, client or token" "$make_certs"
rm certs/night.token
expect 2 "whose secret is not here" "$make_certs" token night agent
expect 0 "made     certs/day.token" "$make_certs" token day operator

# await LOG PID TEXT: until the log of the process has it, 90 s at most.
await() {
  local i
  for ((i = 0; i < 900; ++i)); do
    ! grep -qs "$3" "$1" || return 0
    kill -0 "$2" || break
    read -rt 0.1 <> <(:) || true
  done
  fail "no '$3' in $1: $(cat "$1")"
}

# What it made, in use: a microscope, a daemon and a client, TLS between all of them.
expect 0 "made     certs/scope.crt" "$make_certs" server scope
expect 0 "made     certs/daq1-client.crt" "$make_certs" client daq1-client viewer
"$simulator" --address 127.0.0.1:0 --size_px 64 --rate_hz 20 --tls_certificate certs/scope.crt \
  --tls_key certs/scope.key --client_ca certs/ca.crt >sim.log 2>&1 &
sim_pid=$!
await sim.log "$sim_pid" "127.0.0.1:[1-9]"
microscope=$(grep -o '127.0.0.1:[1-9][0-9]*' sim.log | head -1)
cat >daemon.textproto <<END
listen_address: "127.0.0.1:0"
metrics_address: ""
source {
  microscope {
    address: "$microscope"
    tls { ca: "certs/ca.crt" certificate: "certs/daq1-client.crt" key: "certs/daq1-client.key" }
  }
}
security {
  tls { certificate: "certs/daq1.crt" key: "certs/daq1.key" client_ca: "certs/ca.crt" }
  policy_file: "certs/policy"
  token_file: "certs/tokens"
}
END
expect 0 "valid" "$daemon" --config=daemon.textproto --validate_only
"$daemon" --config=daemon.textproto 2>daemon.log &
pid=$!
await daemon.log "$pid" "(port "
port=$(sed -n 's/.*(port \([0-9]*\)).*/\1/p' daemon.log)
as() {
  local name=$1 command=$2
  shift 2
  "$client" "$command" --server "127.0.0.1:$port" --timeout_s 60 --ca certs/ca.crt \
    --cert "certs/$name.crt" --key "certs/$name.key" "$@"
}
expect 0 "" as vera status
expect 0 "" as vera watch --frames 2 --timeout_s 60
expect 1 "ROLE_INSUFFICIENT" as vera steer --place knee
expect 0 "" as vera status --token_file certs/day.token
expect 1 "UNAVAILABLE" "$client" status --server "127.0.0.1:$port" --timeout_s 2
expect 1 "UNAVAILABLE" "$client" status --server "127.0.0.1:$port" --timeout_s 2 --ca certs/ca.crt
ATOMSTREAM_CA=certs/ca.crt ATOMSTREAM_CERT=certs/olga.crt ATOMSTREAM_KEY=certs/olga.key \
  expect 0 "" "$client" status --server "127.0.0.1:$port" --timeout_s 60
cp certs/policy policy.before
sed -i /cn=vera/d certs/policy
kill -HUP "$pid"
await daemon.log "$pid" "read anew"
expect 1 "ROLE_MISSING" as vera status
cp policy.before certs/policy
kill -TERM "$pid"
wait "$pid" || fail "the daemon ended with $?: $(cat daemon.log)"
pid=

# Somebody else can read the key.
chmod 644 certs/daq1.key
expect 2 "security.tls.key = " "$daemon" --config=daemon.textproto --validate_only
chmod 600 certs/daq1.key
echo "cn=x boss" >>certs/policy
expect 2 "certs/policy:4: role = boss" "$daemon" --config=daemon.textproto --validate_only
sed -i 's/127.0.0.1:0/0.0.0.0:0/; /^security/,$d' daemon.textproto
expect 2 "listen_address = 0.0.0.0:0: " "$daemon" --config=daemon.textproto

((failures == 0)) || exit 1
echo "certificates, tokens and a daemon that takes them"
