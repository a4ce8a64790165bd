#!/bin/bash
# Proves that check_layering.sh finds each kind of violation, by seeding one at a time into a small
# clean tree, and that it finds none in the clean tree.
set -euo pipefail
check=$(cd "$(dirname "$0")" && pwd)/check_layering.sh
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failures=0

fail() {
  echo "FAILED: $*"
  failures=$((failures + 1))
}

# header PATH INCLUDE...: a header with the right guard.
header() {
  local path=$1 guard include
  shift
  guard=ATOMSTREAM_$(tr 'a-z/.' 'A-Z__' <<<"$path")_
  mkdir -p "$tree/$(dirname "$path")"
  {
    echo "#ifndef $guard"
    echo "#define $guard"
    for include in "$@"; do echo "#include $include"; done
    echo "#endif  // $guard"
  } >"$tree/$path"
}

clean_tree() {
  rm -rf "${tree:?}"/*
  header core/base/mutex.h '<mutex>'
  header core/base/thread_pool.h '<thread>'
  header core/blob/prune.h '<vector>' '"core/image/frame.h"' '"opencv2/core.hpp"'
  header core/optimize/nsga2.h '<pagmo/problem.hpp>'
  header detectors/log_star/log_star.h '"core/blob/prune.h"'
  header client/cpp/image_file.h '"tiffio.h"' '"atomstream/v1/frame.pb.h"'
  header client/cpp/channel.h '"grpcpp/grpcpp.h"' '"core/base/mutex.h"'
  header server/pipeline.h '"detectors/log_star/log_star.h"' '"client/cpp/channel.h"' '<thread>'
  header server/metrics/metric.h '<prometheus/metric_family.h>'
  header server/service/analysis_service.h '"grpcpp/grpcpp.h"' '"server/pipeline.h"'
  header tests/server/fake.h '"server/pipeline.h"'
  printf 'add_library(blob)\n' >"$tree/core/CMakeLists.txt"
}

# expect TEXT: the tree as it stands has exactly one violation, and it says TEXT.
expect() {
  local output
  if output=$("$check" "$tree"); then
    fail "not found: $1"
  elif [[ $(wc -l <<<"$output") != 1 || $output != *"$1"* ]]; then
    fail "expected one violation '$1', got: $output"
  fi
  clean_tree
}

# seed PATH INCLUDE TEXT: a header there that includes this is found, and the message says TEXT.
seed() {
  header "$1" "$2"
  expect "$1:3: includes $3"
}

clean_tree
"$check" "$tree" >/dev/null || fail "the clean tree: $("$check" "$tree")"

seed core/blob/bad.h '"detectors/log_star/log_star.h"' 'detectors/log_star/log_star.h: core is'
seed core/blob/bad.h '"atomstream/v1/frame.pb.h"' 'atomstream/v1/frame.pb.h: core knows no'
seed core/blob/bad.h '<grpcpp/grpcpp.h>' 'grpcpp/grpcpp.h: core knows no'
seed core/blob/bad.h '<glog/logging.h>' 'glog/logging.h: core has no I/O'
seed core/blob/bad.h '<fstream>' 'fstream: core has no I/O'
seed core/blob/bad.h '<thread>' 'thread: threads and locks'
seed core/lattice/bad.h '<mutex>' 'mutex: threads and locks'
seed detectors/log_star/bad.h '"client/cpp/channel.h"' 'client/cpp/channel.h: detectors may'
seed detectors/log_star/bad.h '"google/protobuf/message.h"' 'google/protobuf/message.h: detectors know'
seed detectors/log_star/bad.h '<thread>' 'thread: detectors have no'
seed client/cpp/bad.h '"detectors/log_star/log_star.h"' 'detectors/log_star/log_star.h: client stands'
seed client/cpp/bad.h '"core/image/frame.h"' 'core/image/frame.h: of core'
seed detectors/log_star/bad.h '<torch/script.h>' 'torch/script.h: torch lives'
seed server/service/bad.h '<prometheus/counter.h>' 'prometheus/counter.h: prometheus-cpp lives'
seed server/bad.h '"sqlite3.h"' 'sqlite3.h: SQLite lives'
seed server/source/bad.h '"tiffio.h"' 'tiffio.h: libtiff lives'
seed server/bad.h '<pagmo/problem.hpp>' 'pagmo/problem.hpp: pagmo lives'
seed server/hub/bad.h '"grpcpp/grpcpp.h"' 'grpcpp/grpcpp.h: queues and threads'
seed server/bad.h '"absl/synchronization/mutex.h"' 'absl/synchronization/mutex.h: absl::Mutex'
seed server/bad.h '"tests/server/fake.h"' 'tests/server/fake.h: only tests'

printf 'target_link_libraries(blob PUBLIC gRPC::grpc++)\n' >"$tree/core/CMakeLists.txt"
expect 'core/CMakeLists.txt:1: links'

printf '#ifndef WRONG_H_\n#define WRONG_H_\n#endif\n' >"$tree/core/blob/guard.h"
expect 'core/blob/guard.h: header guard is not ATOMSTREAM_CORE_BLOB_GUARD_H_'

yes '//' | head -n 401 >"$tree/server/long.cc" || true
expect 'server/long.cc: 401 lines'
yes '//' | head -n 400 >"$tree/server/long.cc" || true
"$check" "$tree" >/dev/null || fail "400 lines of .cc are allowed"
clean_tree

header core/blob/long.h
yes '//' | head -n 248 >>"$tree/core/blob/long.h" || true
expect 'core/blob/long.h: 251 lines'

# Two violations of the same file are both named.
header core/blob/bad.h '"server/pipeline.h"'
[[ $("$check" "$tree" | wc -l) == 2 ]] || fail "server in core breaks two rules"

rm -rf "${tree:?}"/*
if "$check" "$tree" >/dev/null; then fail "an empty tree passes"; fi

((failures == 0)) || exit 1
echo "every seeded violation was found"
