"""The Qt application: the only place that imports PySide6 and pyqtgraph."""

import os

# pyqtgraph would take whichever Qt binding it finds first; the process uses one.
os.environ.setdefault("PYQTGRAPH_QT_LIB", "PySide6")
