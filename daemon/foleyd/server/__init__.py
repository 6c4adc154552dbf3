"""The gRPC face of the daemon: servicer, messages, authentication, lifecycle."""
