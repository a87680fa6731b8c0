"""Tools for tests of providers and applications: scripted loopback servers and the conformance suite."""
