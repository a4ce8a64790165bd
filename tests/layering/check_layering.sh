#!/bin/bash
# Checks the rules of the house that the compiler does not: which folder may include what, header
# guards, lengths of files. Prints one line a violation; exit code 1 if there is one.
#
#   check_layering.sh ROOT
set -euo pipefail
export LC_ALL=C
cd "$1"

# A file may not include what a rule forbids:  FILES % INCLUDES % REASON, all as
# extended regular expressions, anchored at the start of the path or of the included name.
# FILES may be 'A!B': those that match A but not B; '!B': all but B.
rules='
core/ % (detectors|server|client|proto|tests)/ % core is the lowest layer
core/ % (atomstream/v1|google|grpc|grpcpp)/ % core knows no protobuf and no gRPC
core/ % (prometheus|glog|gflags|tiffio|torch|sqlite3|tango|boost/asio) % core has no I/O, logging or metrics
core/ % (fstream|iostream|filesystem|cstdio|stdio\.h|unistd\.h|sys/|opencv2/(imgcodecs|highgui|videoio)) % core has no I/O
core/!core/base/ % (thread|mutex|condition_variable|future)$ % threads and locks of core live in core/base
detectors/ % (server|client|proto|tests)/ % detectors may include core only
detectors/ % (atomstream/v1|google|grpc|grpcpp)/ % detectors know no protobuf and no gRPC
detectors/ % (prometheus|glog|tiffio|sqlite3|tango|thread$|mutex$|condition_variable$) % detectors have no threads or metrics
detectors/!detectors/unet/ % (fstream|iostream|filesystem) % of the detectors, only the U-Net has files: its models
client/ % (server|detectors|tests)/ % client stands beside detectors and below server
client/ % core/(image|lattice|blob|reward|optimize|structure|target|evaluate|simulate)/ % of core, client may include core/base only
!(server|tests)/ % server/ % nobody but server includes server
!tests/ % tests/ % only tests include tests
!(detectors/unet/torch_|detectors/unet/training/|tests/detectors/unet/(torch_|training/)) % (torch|ATen|c10)/ % torch lives in the torch_ files of detectors/unet and in its training
!server/metrics/ % prometheus/ % prometheus-cpp lives in server/metrics
!(server/journal|tests/server/journal)/ % sqlite3 % SQLite lives in server/journal
!(client/cpp|tests/client)/ % tiffio % libtiff lives in client/cpp
!(client/figure|tests/client/figure)/ % cairo % Cairo lives in client/figure
!(client/export/hdf5_file|tests/client/export/) % hdf5 % HDF5 lives in client/export/hdf5_file.cc
!core/optimize/ % pagmo/ % pagmo lives in core/optimize
!server/source/ % tango % Tango lives in server/source
server/(hub|delivery|store|journal|ingest|record|metrics|config|inference|audit|security|steering|structure|targeting|simulator/beam_|pipeline|admission|assembler|frame_processor|frame_progress) % (grpc|grpcpp)/ % queues and threads are free of gRPC, so that ThreadSanitizer can judge them
(core|detectors|client|server|tests)/ % absl/synchronization/ % absl::Mutex gives false ThreadSanitizer reports: use core/base/mutex.h
'

sources() {
  find core detectors client server tests \( -name '*.h' -o -name '*.cc' \) 2>/dev/null | sort
}

check_includes() {
  sources | xargs -r grep -nHE '^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]' |
    RULES=$rules awk -F '[<">]' '
      BEGIN {
        count = split(ENVIRON["RULES"], lines, "\n")
        for (i = 1; i <= count; ++i) {
          if (split(lines[i], parts, " % ") != 3) continue
          split(parts[1] "!", sides, "!")
          files[++rules] = "^" sides[1]
          but[rules] = sides[2] == "" ? "^$" : "^" sides[2]
          includes[rules] = "^" parts[2]
          reasons[rules] = parts[3]
        }
      }
      {
        split($1, place, ":")
        for (i = 1; i <= rules; ++i) {
          if ($1 ~ files[i] && $1 !~ but[i] && $2 ~ includes[i]) {
            printf "%s:%s: includes %s: %s\n", place[1], place[2], $2, reasons[i]
          }
        }
      }'
}

# What a library links shows in its CMakeLists.txt: core and detectors link nothing of the outside
# world.
check_links() {
  find core detectors -name CMakeLists.txt 2>/dev/null | sort | xargs -r grep -nHiE \
    'gRPC::|protobuf::|prometheus-cpp|glog|libtiff|atomstream::(proto|client|server|frame_codec)' |
    sed -E 's/^([^:]*:[^:]*):.*/\1: links what the layer may not know/' || true
}

check_header_guards() {
  local file guard
  while read -r file; do
    guard=ATOMSTREAM_$(tr 'a-z/.' 'A-Z__' <<<"$file")_
    grep -qx "#ifndef $guard" "$file" && grep -qx "#define $guard" "$file" ||
      echo "$file: header guard is not $guard"
  done < <(sources | grep '\.h$')
}

check_lengths() {
  local file lines limit
  while read -r file; do
    lines=$(wc -l <"$file")
    limit=400
    [[ $file == *.h ]] && limit=250
    ((lines <= limit)) || echo "$file: $lines lines, more than $limit: split it by concept"
  done < <(sources)
}

violations=$(check_includes; check_links; check_header_guards; check_lengths)
if [[ -n $violations ]]; then
  echo "$violations"
  exit 1
fi
files=$(sources | wc -l)
((files > 0)) || { echo "no source file under $1"; exit 1; }
echo "$files files keep the rules"
