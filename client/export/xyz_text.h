// The atoms of a result as XYZ: their number, a line that describes them, a line an atom. Pure
// functions of the first detector of a result.
//
// Positions are in ångström where the result knows the size of a pixel, else in pixels; the
// describing line says which: units=angstrom or units=pixel. x goes along the columns, y along the
// rows, downwards in the picture; z is 0. No detector tells elements: the species is X, "unknown".
#ifndef ATOMSTREAM_CLIENT_EXPORT_XYZ_TEXT_H_
#define ATOMSTREAM_CLIENT_EXPORT_XYZ_TEXT_H_

#include <string>

#include "atomstream/v1/result.pb.h"

namespace atomstream {

// Plain: species and position. Places where an atom is missing (SITE_KIND_VACANCY) are left out.
std::string XyzText(const v1::FrameResult& result);

// Extended: with Lattice (the frame; z is nominal), pbc, Properties and the result's numbers as
// key=value, and all columns of the atoms that the result has. Places where an atom is missing are
// there, with site_kind "vacancy".
std::string ExtxyzText(const v1::FrameResult& result);

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_EXPORT_XYZ_TEXT_H_
