#!/bin/bash
# Makes what a daemon needs to be reached from other machines: a CA for the lab, certificates of
# daemons and of people and programs, and bearer tokens. docs/security.md leads through it.
#
#   make_certs.sh [--folder DIR] [--days N] server NAME [HOST|IP]...
#   make_certs.sh [--folder DIR] [--days N] client NAME ROLE
#   make_certs.sh [--folder DIR] [--days N] token NAME ROLE
#
# ROLE: viewer, operator, agent or admin. NAME: letters, digits, ".", "-", "_" (a token: no ".").
# DIR (default: certs) then holds
#
#   ca.crt, ca.key       who signs; ca.key is needed only here, and best kept off the daemon's machine
#   NAME.crt, NAME.key   of each server and client
#   policy               which certificate has which role     (security.policy_file)
#   tokens               names, roles and hashes of tokens    (security.token_file)
#   NAME.token           the token itself, for its owner alone
#
# May be called again at any time: a key, a token and a line that is there stays; a certificate is
# made anew, with the same key, when it ends within 30 days. Nothing is ever overwritten otherwise.
set -euo pipefail
umask 077

folder=certs
days=365
renew_days=30
ca_days=3650

die() {
  echo "make_certs.sh: $*" >&2
  exit 2
}

usage() {
  sed -n '2,/^set -/p' "$0" | sed -n 's/^# \{0,1\}//p'
}

need_openssl() {
  command -v openssl >/dev/null || die "openssl is not installed"
}

check_name() {
  [[ $1 =~ ^[A-Za-z0-9._-]{1,64}$ && $1 != .* ]] ||
    die "NAME = $1: must be 1 to 64 letters, digits, ., - and _, and not begin with ."
  [[ $1 != ca ]] || die "NAME = ca: is the CA"
}

check_role() {
  case $1 in
    viewer | operator | agent | admin) ;;
    *) die "ROLE = $1: must be viewer, operator, agent or admin" ;;
  esac
}

new_key() {
  if [[ -e $1 ]]; then
    echo "kept     $1"
  else
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.next" 2>/dev/null
    mv -n "$1.next" "$1"
    echo "made     $1"
  fi
}

make_ca() {
  new_key "$folder/ca.key"
  if [[ -e $folder/ca.crt ]]; then
    echo "kept     $folder/ca.crt"
    return
  fi
  openssl req -x509 -new -key "$folder/ca.key" -sha256 -days "$ca_days" \
    -subj "/O=atomstream/CN=atomstream lab CA $(openssl rand -hex 4)" \
    -addext "basicConstraints=critical,CA:TRUE,pathlen:0" \
    -addext "keyUsage=critical,keyCertSign,cRLSign" -out "$folder/ca.crt.next"
  chmod 644 "$folder/ca.crt.next"
  mv "$folder/ca.crt.next" "$folder/ca.crt"
  echo "made     $folder/ca.crt"
}

# sign NAME USAGE ALTERNATIVE_NAMES
sign() {
  local name=$1 usage=$2 alternative=$3 word=made
  local certificate=$folder/$name.crt
  if [[ -e $certificate ]]; then
    if openssl x509 -in "$certificate" -noout -checkend $((renew_days * 86400)) >/dev/null; then
      echo "kept     $certificate"
      return
    fi
    word=renewed
  fi
  openssl req -new -key "$folder/$name.key" -subj "/O=atomstream/CN=$name" -out "$certificate.request"
  openssl x509 -req -in "$certificate.request" -sha256 -days "$days" \
    -CA "$folder/ca.crt" -CAkey "$folder/ca.key" -set_serial "0x$(openssl rand -hex 15)" \
    -extfile <(printf '%s\n' "basicConstraints=critical,CA:FALSE" \
      "keyUsage=critical,digitalSignature" "extendedKeyUsage=$usage" \
      "subjectAltName=$alternative") \
    -out "$certificate.next" 2>/dev/null
  rm -f "$certificate.request"
  chmod 644 "$certificate.next"
  mv "$certificate.next" "$certificate"  # at once: a daemon may be watching
  printf '%-8s %s\n' "$word" "$certificate"
}

# add_line FILE FIRST_WORD LINE: unless there is a line that begins with the word.
add_line() {
  local file=$1 first=$2 line=$3
  touch "$file"
  if awk -v first="$first" '$1 == first { found = 1 } END { exit !found }' "$file"; then
    echo "kept     $file: $(awk -v first="$first" '$1 == first { print $1, $2 }' "$file")"
  else
    printf '%s\n' "$line" >>"$file"
    echo "added    $file: ${line%% *} …"
  fi
}

make_server() {
  local name=$1 host
  shift
  local alternative="DNS:localhost,IP:127.0.0.1"
  for host in "$name" "$@"; do
    if [[ $host =~ ^[0-9.]+$ || $host == *:* ]]; then
      alternative+=",IP:$host"
    else
      [[ $host =~ ^[A-Za-z0-9._-]+$ ]] || die "HOST = $host: is no host name"
      alternative+=",DNS:$host"
    fi
  done
  make_ca
  new_key "$folder/$name.key"
  sign "$name" serverAuth "$alternative"
  cat <<END

In the daemon's configuration:

  listen_address: "0.0.0.0:50051"
  security {
    tls {
      certificate: "$folder/$name.crt"
      key: "$folder/$name.key"
      client_ca: "$folder/ca.crt"
    }
    policy_file: "$folder/policy"
  }

On the daemon's machine: ca.crt, $name.crt, $name.key, policy; not ca.key.
END
}

make_client() {
  local name=$1 role=$2
  make_ca
  new_key "$folder/$name.key"
  sign "$name" clientAuth "URI:urn:atomstream:client:$name"
  add_line "$folder/policy" "cn=$name" "cn=$name $role"
  cat <<END

For its owner: ca.crt, $name.crt, $name.key. Then

  export ATOMSTREAM_CA=$folder/ca.crt ATOMSTREAM_CERT=$folder/$name.crt ATOMSTREAM_KEY=$folder/$name.key
  atomstream status --server HOST:50051

A running daemon reads a changed policy at SIGHUP.
END
}

make_token() {
  local name=$1 role=$2 secret salt hash expires
  [[ $name != *.* ]] || die "NAME = $name: of a token must not hold a ."
  if [[ -e $folder/$name.token ]]; then
    echo "kept     $folder/$name.token"
    return
  fi
  touch "$folder/tokens"
  if awk -v first="$name" '$1 == first { found = 1 } END { exit !found }' "$folder/tokens"; then
    die "$folder/tokens has a token $name, whose secret is not here; take its line away first"
  fi
  secret=$name.$(openssl rand -hex 32)
  salt=$(openssl rand -hex 16)
  hash=$(printf '%s%s' "$salt" "$secret" | openssl dgst -sha256 -r)
  expires=$(date -u -d "+$days days" +%Y-%m-%dT%H:%M:%SZ)
  printf '%s\n' "$secret" >"$folder/$name.token"
  printf '%s\n' "$name $role $expires $salt ${hash%% *}" >>"$folder/tokens"
  echo "made     $folder/$name.token"
  cat <<END

For its owner: $name.token and ca.crt; until $expires. Then

  export ATOMSTREAM_CA=$folder/ca.crt ATOMSTREAM_TOKEN_FILE=$folder/$name.token

In the daemon's configuration, in security: token_file: "$folder/tokens". A running daemon reads it
again at SIGHUP. A client that has no certificate besides gets in only with
tls { require_client_certificate: false }.
END
}

while [[ ${1-} == --* ]]; do
  case $1 in
    --folder) folder=${2-} ;;
    --days) days=${2-} ;;
    --help) usage && exit 0 ;;
    *) die "$1: is no flag; see --help" ;;
  esac
  shift 2 || die "--folder and --days need a value"
done
[[ -n $folder ]] || die "--folder: must not be empty"
[[ $days =~ ^[1-9][0-9]{0,4}$ ]] || die "--days = $days: must be 1 to 99999"
what=${1-}
[[ $what == server || $what == client || $what == token ]] ||
  die "${what:-nothing}: must be server, client or token; see --help"
name=${2-}
check_name "$name"
need_openssl
mkdir -p "$folder"
shift 2
case $what in
  server) make_server "$name" "$@" ;;
  client | token)
    [[ $# == 1 ]] || die "$what $name: one ROLE is needed"
    check_role "$1"
    "make_$what" "$name" "$1"
    ;;
esac
