"""The stand-ins are for a child process: here they are not to be collected."""

collect_ignore = ["standins"]
