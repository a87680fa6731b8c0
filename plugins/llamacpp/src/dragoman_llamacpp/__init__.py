"""llama.cpp in process, for Dragoman: a GGUF file answers, without a server."""
