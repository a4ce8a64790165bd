// Clusters and site kinds as JSON; docs/cli.md lists the fields.
#ifndef ATOMSTREAM_CLIENT_CLI_STRUCTURE_JSON_H_
#define ATOMSTREAM_CLIENT_CLI_STRUCTURE_JSON_H_

#include "atomstream/v1/result.pb.h"
#include "client/cli/json_writer.h"

namespace atomstream {

// Into an object that the caller has begun: "clusters" and "structure", each only if the result
// has it.
void WriteStructure(const v1::DetectorResult& detector, JsonWriter& json);

// Into the object of each atom, asked in the order of the table: its cluster and its site.
class AtomStructureWriter {
 public:
  // `detector` outlives the writer.
  explicit AtomStructureWriter(const v1::DetectorResult& detector) : detector_(detector) {}

  void Write(int atom, JsonWriter& json);

 private:
  const v1::DetectorResult& detector_;
  int next_angle_ = 0;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CLI_STRUCTURE_JSON_H_
