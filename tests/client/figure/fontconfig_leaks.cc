// fontconfig keeps what it has read of the system's fonts until the process ends; LeakSanitizer
// would report it.
extern "C" const char* __lsan_default_suppressions();

extern "C" const char* __lsan_default_suppressions() { return "leak:libfontconfig\n"; }
