"""Generated stubs of foleyd.v1; see tools/generate_stubs.sh."""
