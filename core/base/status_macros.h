// Early return on a bad absl::Status, and the guard that turns exceptions of other libraries into
// one. No exception of ours or of a dependency leaves a .cc file (docs/adr/0003).
#ifndef ATOMSTREAM_CORE_BASE_STATUS_MACROS_H_
#define ATOMSTREAM_CORE_BASE_STATUS_MACROS_H_

#include <exception>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

// Evaluates `expr` once; returns its status from the enclosing function unless it is OK.
#define RETURN_IF_ERROR(expr)                                \
  do {                                                       \
    absl::Status status_macro_value = (expr);                \
    if (!status_macro_value.ok()) return status_macro_value; \
  } while (false)

#define ATOMSTREAM_CONCAT_INNER(a, b) a##b
#define ATOMSTREAM_CONCAT(a, b) ATOMSTREAM_CONCAT_INNER(a, b)

// `ASSIGN_OR_RETURN(auto x, MakeX());` declares x from a StatusOr or returns its status.
#define ASSIGN_OR_RETURN(lhs, expr) \
  ASSIGN_OR_RETURN_IMPL(ATOMSTREAM_CONCAT(status_or_, __LINE__), lhs, expr)
#define ASSIGN_OR_RETURN_IMPL(holder, lhs, expr)       \
  auto holder = (expr);                                \
  if (!holder.ok()) return std::move(holder).status(); \
  lhs = std::move(holder).value()

namespace atomstream {

// Runs `body` (returning absl::Status or absl::StatusOr<T>) and turns anything it throws into an
// INTERNAL status that starts with `what`. Wrap every call into OpenCV, pagmo or std that may
// throw.
template <typename Body>
std::invoke_result_t<Body> CatchToStatus(absl::string_view what, Body&& body) {
  try {
    return std::forward<Body>(body)();
  } catch (const std::exception& e) {
    return absl::InternalError(absl::StrCat(what, ": ", e.what()));
  } catch (...) {
    return absl::InternalError(absl::StrCat(what, ": exception of unknown type"));
  }
}

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_BASE_STATUS_MACROS_H_
