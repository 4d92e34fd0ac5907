"""The Setup panel: settings of the present run, and the draft of the next one."""
