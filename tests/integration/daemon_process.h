// DaemonProcess: a running atomstreamd, or another program, whose output the test reads.
//
// A thread takes the output as it comes: a full pipe would stop the program in the middle of a line
// of its log.
#ifndef ATOMSTREAM_TESTS_INTEGRATION_DAEMON_PROCESS_H_
#define ATOMSTREAM_TESTS_INTEGRATION_DAEMON_PROCESS_H_

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "core/base/mutex.h"

namespace atomstream {

// Killed, if still there, when the test ends.
class DaemonProcess {
 public:
  explicit DaemonProcess(std::vector<std::string> arguments,
                         const std::string& program = ATOMSTREAMD) {
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    arguments.insert(arguments.begin(), program);
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    pid_ = fork();
    if (pid_ == 0) {
      dup2(ends[1], STDOUT_FILENO);
      dup2(ends[1], STDERR_FILENO);
      close(ends[0]);
      close(ends[1]);
      execv(argv[0], argv.data());
      _exit(127);
    }
    close(ends[1]);
    output_end_ = ends[0];
    reader_ = std::thread([this] { TakeOutput(); });
  }

  ~DaemonProcess() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    reader_.join();
    close(output_end_);
  }
  DaemonProcess(const DaemonProcess&) = delete;
  DaemonProcess& operator=(const DaemonProcess&) = delete;

  void Signal(int signal) { kill(pid_, signal); }

  pid_t pid() const { return pid_; }

  // Waits until the output contains `text` or ends; true if it contains it.
  bool ReadUntil(const std::string& text) {
    MutexLock lock(&mutex_);
    while (output_.find(text) == std::string::npos) {
      if (ended_) return false;
      changed_.Wait(&mutex_);
    }
    return true;
  }

  // Reads to the end of the output and waits for the end of the process.
  int ExitCode() {
    ReadUntil(std::string(1, '\0'));
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  // Reads until the daemon listens; its port, or empty if it did not come to that.
  std::string ReadPort() {
    if (!ReadUntil("(port ")) return "";
    if (!ReadUntil(")\n")) return "";
    const std::string text = output();
    const size_t begin = text.find("(port ") + 6;
    return text.substr(begin, text.find(')', begin) - begin);
  }

  // So far.
  std::string output() const {
    MutexLock lock(&mutex_);
    return output_;
  }

 private:
  void TakeOutput() {
    char buffer[1024];
    while (true) {
      const ssize_t got = read(output_end_, buffer, sizeof(buffer));
      MutexLock lock(&mutex_);
      ended_ = got <= 0;
      if (!ended_) output_.append(buffer, static_cast<size_t>(got));
      changed_.NotifyAll();
      if (ended_) return;
    }
  }

  pid_t pid_ = -1;
  int output_end_ = -1;
  std::thread reader_;

  mutable Mutex mutex_;
  CondVar changed_;
  std::string output_ ABSL_GUARDED_BY(mutex_);
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

// In a folder of this process, which is removed at its end.
inline std::string WriteConfig(const std::string& name, const std::string& text) {
  struct Folder {
    Folder() : path(testing::TempDir() + "atomstream_config_XXXXXX") { mkdtemp(path.data()); }
    ~Folder() { std::filesystem::remove_all(path); }
    std::string path;
  };
  static const Folder folder;
  const std::string path = folder.path + "/" + name;
  std::ofstream(path) << text;
  return path;
}

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_INTEGRATION_DAEMON_PROCESS_H_
