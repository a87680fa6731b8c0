"""Many calls against a server that fails at random: nothing may leak, and no call may be lost or made twice."""
