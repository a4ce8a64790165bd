// DaemonProcess: a running atomstreamd, or another program, whose output the test reads.
#ifndef ATOMSTREAM_TESTS_INTEGRATION_DAEMON_PROCESS_H_
#define ATOMSTREAM_TESTS_INTEGRATION_DAEMON_PROCESS_H_

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <vector>

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
  }

  ~DaemonProcess() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    close(output_end_);
  }

  void Signal(int signal) { kill(pid_, signal); }

  pid_t pid() const { return pid_; }

  // Reads until the output contains `text` or ends; true if it contains it.
  bool ReadUntil(const std::string& text) {
    char buffer[1024];
    while (output_.find(text) == std::string::npos) {
      const ssize_t got = read(output_end_, buffer, sizeof(buffer));
      if (got <= 0) return false;
      output_.append(buffer, static_cast<size_t>(got));
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
    const size_t begin = output_.find("(port ") + 6;
    if (!ReadUntil(")\n")) return "";
    return output_.substr(begin, output_.find(')', begin) - begin);
  }

  const std::string& output() const { return output_; }

 private:
  pid_t pid_ = -1;
  int output_end_ = -1;
  std::string output_;
};

inline std::string WriteConfig(const std::string& name, const std::string& text) {
  const std::string path = testing::TempDir() + name;
  std::ofstream(path) << text;
  return path;
}

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_INTEGRATION_DAEMON_PROCESS_H_
