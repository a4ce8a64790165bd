// WriteLimit: while it is there, no file of the process can grow, as on a full disk. Pipes and
// connections are left alone. It takes no rights, and fails with EFBIG instead of ENOSPC.
#ifndef ATOMSTREAM_TESTS_INTEGRATION_WRITE_LIMIT_H_
#define ATOMSTREAM_TESTS_INTEGRATION_WRITE_LIMIT_H_

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

namespace atomstream {

class WriteLimit {
 public:
  WriteLimit() : handler_(signal(SIGXFSZ, SIG_IGN)) {
    EXPECT_EQ(getrlimit(RLIMIT_FSIZE, &before_), 0);
    rlimit nothing = before_;
    nothing.rlim_cur = 0;
    EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &nothing), 0);
  }
  ~WriteLimit() {
    EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &before_), 0);
    signal(SIGXFSZ, handler_);
  }
  WriteLimit(const WriteLimit&) = delete;
  WriteLimit& operator=(const WriteLimit&) = delete;

 private:
  void (*const handler_)(int);
  rlimit before_ = {};
};

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_INTEGRATION_WRITE_LIMIT_H_
