// A model folder made by a test, and a temporary folder that goes when its owner does.
#ifndef ATOMSTREAM_TESTS_DETECTORS_UNET_MODEL_FOLDER_H_
#define ATOMSTREAM_TESTS_DETECTORS_UNET_MODEL_FOLDER_H_

#include <map>
#include <string>
#include <vector>

#include "core/image/frame.h"
#include "nlohmann/json.hpp"

namespace atomstream {

class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string File(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

void WriteFile(const std::string& path, const std::string& bytes);
std::string ReadFile(const std::string& path);

// Little-endian float32 rows.
std::string BytesOf(const Image& image);

// A noisy frame of a simulated crystal, normalised, `side_px` wide and high, in which the nearest
// neighbours are `d_nn_px` apart.
Image CrystalImage(const std::string& material, double d_nn_px, int side_px);

// Everything a model folder is made of. Change what a test is about, then Write.
struct ModelFolder {
  // A valid one: kind "logit", threshold 0.4, scale 6, tolerance 0.05.
  ModelFolder(const std::vector<std::string>& scripts, const Image& golden_input,
              const std::vector<Image>& golden_outputs);

  // Replaces a file's content and, in the manifest, its sha256.
  void SetFile(const nlohmann::json::json_pointer& entry, const std::string& bytes);

  void Write(const std::string& folder) const;  // files, manifest.json and manifest.json.sha256

  nlohmann::json manifest;
  std::map<std::string, std::string> files;  // by name, without the manifest and its sum
};

// manifest.json with any content, and its sum.
void WriteManifest(const std::string& folder, const std::string& text);

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_DETECTORS_UNET_MODEL_FOLDER_H_
