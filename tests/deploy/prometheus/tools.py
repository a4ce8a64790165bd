"""Programs that a test needs and that may not be there."""
import shutil
import sys

SKIPPED = 77  # SKIP_RETURN_CODE in CMakeLists.txt


def skip(why):
    print(f"SKIPPED: {why}")
    sys.exit(SKIPPED)


def need(program, package):
    """Its path; otherwise the test is skipped."""
    path = shutil.which(program)
    return path or skip(f"there is no {program} here ({package})")
