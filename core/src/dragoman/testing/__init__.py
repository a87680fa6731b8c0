"""What tests of providers and of applications stand on: servers on the loopback that say what they are told."""
