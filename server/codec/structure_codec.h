// Clusters and site kinds on their way into the contract: StructureRecord -> proto
// atomstream.v1.Clusters, Structure and the columns of AtomTable. Pure functions; any thread.
#ifndef ATOMSTREAM_SERVER_CODEC_STRUCTURE_CODEC_H_
#define ATOMSTREAM_SERVER_CODEC_STRUCTURE_CODEC_H_

#include "atomstream/v1/result.pb.h"
#include "server/record/structure_record.h"

namespace atomstream {

v1::SiteKind SiteKindToProto(SiteKind kind);

void FillClusters(const StructureRecord& record, v1::Clusters& proto);

// The columns that say an atom's cluster. Left empty where no atom has one.
void FillClusterColumns(const StructureRecord& record, v1::AtomTable& proto);

void FillStructure(const StructureRecord& record, v1::Structure& proto);

// The columns that say an atom's site.
void FillSiteColumns(const StructureRecord& record, v1::AtomTable& proto);

// Take out again what FillClusterColumns and FillSiteColumns filled in, and of a structure what is
// as long as the atoms are many.
void ClearClusterColumns(v1::AtomTable& proto);
void ClearSiteColumns(v1::AtomTable& proto);
void ClearBonds(v1::Structure& proto);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_CODEC_STRUCTURE_CODEC_H_
