// atomstream-bench: the raw detector, its accuracy and its speed, and how results are delivered.
// Not part of the service.

#include <algorithm>
#include <cstdio>
#include <string>

#include "core/base/allocation.h"
#include "opencv2/core/utility.hpp"
#include "tests/bench/commands.h"

namespace {

constexpr char kUsage[] =
    R"(usage: atomstream-bench COMMAND [FLAGS]

  blobs FILE      LoG blobs of the first page of an NPY or TIFF file; integers are divided by the
                  largest value of their type, floats are taken as they are
      --min-sigma 1 --max-sigma 50 --num-sigma 10 --threshold 0.2 --overlap 0.5
      --no-prune --exclude-border N --log-scale --format text|json
      --scale   smallest pixel to 0, largest to 1

  accuracy        LoG* without labels beside the best that a single LoG can do with the truth known
                  and blob_log at textbook parameters, on simulated frames; with other detectors
                  than log_star alone, all of them on the same frames, mean and spread over seeds
      --detectors log_star,unet
      --materials graphene,SrTiO3 --pixel-sizes 0.02,0.03 --holes 0,0.067 (or --hole F)
      --noise 0,0.1,0.2,0.3,0.5,0.7,0.9 --seeds 1 --size 256 --metadata-error 0
      --preprocessing default|none --optimizer NAME --evaluations 350
      --specimen single|grains|strained|jittered
      --border 0.5   atoms nearer to the edge than this many d_NN are not scored
      --real DIR     instead: real frames, DIR/NAME/{image.npy,meta.json,coords_*.csv}
      --material-map graphene=graphene,...   material by a part of NAME; others are "auto"
      --plot FILE.svg --plot-counts one_to_one|one_sided   counts and F1 against noise
      --format text|json
    of unet, here and below:
      --model DIR --device auto|cuda|cpu --precision auto|float32|reduced --threads 1
      --tile 128|256|512 --threshold P

  speed           times of LoG*'s stages beside scikit-image's on the same arrays; of the U-Net's
                  serving path and of its training beside PyTorch eager on the same weights
      --parts log_star,unet,training   default log_star; unet needs --model
      --repeats 9 --no-reference --python PATH --format text|json
    of log_star:
      --material graphene --noise 0.3 --budget-ms 40
      --reference-evaluations 20 --hypervolume-evaluations 60
    of unet and training:
      --rounds 3     this program and PyTorch take turns so many times
      --steps 5      training steps a round

  structure       clusters and site kinds of simulated graphene with silicon, whose atoms are known
      --parts clusters,dopants,labels,costs   default all
      --format text|json
    clusters: time of 4,000 atoms beside scikit-learn
      --size 532 --repeats 7 --no-reference --python PATH
    dopants: recall and precision of silicon, by site kind and by cluster
      --dopant-noise 0,0.1,0.2,0.3,0.4 --seeds 12 --first-seed 1000 --silicon 0.005
      --pixel-size 0.02 --clusters N --dopant-budget-ms 200
    labels: how many atoms change their cluster from frame to frame
      --label-noise 0.2,0.3 --label-clusters 3,0 (0: by BIC) --label-frames 100 --label-size 256
      --label-drift 1 --label-seed 1
    costs: each stage behind the detector, as a share of LoG*
      --cost-frames 20 --cost-noise 0.3 --budget-ms 50

  targets         targets on drifting frames: error of place, withdrawals, visits of wrong sites
      --paths straight,circling,wandering --drift 5 --noise 0.3 --frames 110 --size 512
      --silicon 0.005 --criteria dopant|cluster|any --patience 3 --budget-ms 50 --seed 1
      --sure 2       visit what met the criteria in so many frames in a row
      --format text|json

  delivery        what stalled subscribers cost the others and the daemon, over connections of this
                  computer; exit code 1 when an aim is missed. Rounds with and without them take turns
      --live 64 --stalled 16 --rate 20 --rounds 3 --seconds 10   (a round)
      --stall-seconds 30   a viewer of the newest results sleeps so long in the end; 0: none
      --atoms 1500 --history 100 --store FILE   of each result; results kept; on disk
      --format text|json

  optimizers      hypervolume and time of the optimisers on LoG* windows of simulated frames
      --optimizers nsga2,bayesian,sobol --evaluations 25,50,100,350 --seeds 3
      --materials graphene,SrTiO3 --noise 0.1,0.3,0.5,0.7 --pixel-size 0.02 --format text|json
)";

}  // namespace

int main(int argc, char** argv) {
  atomstream::KeepFreedMemory();  // as the daemon
  cv::setNumThreads(1);
  const std::string command = argc > 1 ? argv[1] : "--help";
  const atomstream::bench::Arguments arguments(argv + std::min(argc, 2), argv + argc);
  const bool asks_for_help =
      std::find(arguments.begin(), arguments.end(), "--help") != arguments.end();
  if (command == "--help" || command == "-h" || command == "help" || asks_for_help) {
    std::fputs(kUsage, stdout);
    return 0;
  }
  absl::Status status;
  if (command == "blobs") {
    status = atomstream::bench::RunBlobs(arguments);
  } else if (command == "accuracy") {
    status = atomstream::bench::RunAccuracy(arguments);
  } else if (command == "optimizers") {
    status = atomstream::bench::RunOptimizers(arguments);
  } else if (command == "speed") {
    status = atomstream::bench::RunSpeed(arguments);
  } else if (command == "structure") {
    status = atomstream::bench::RunStructure(arguments);
  } else if (command == "targets") {
    status = atomstream::bench::RunTargets(arguments);
#ifdef ATOMSTREAM_BENCH_WITH_GRPC
  } else if (command == "delivery") {
    status = atomstream::bench::RunDelivery(arguments);
#endif
  } else {
    std::fprintf(stderr, "\"%s\" is not a command\n\n%s", command.c_str(), kUsage);
    return 2;
  }
  if (!status.ok()) {
    std::fprintf(stderr, "atomstream-bench %s: %s\n", command.c_str(),
                 std::string(status.message()).c_str());
    return status.code() == absl::StatusCode::kInvalidArgument ? 2 : 1;
  }
  return 0;
}
