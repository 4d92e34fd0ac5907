"""A kept picture is of use for as long as it is as sharp as the screen that its widget is on."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QWidget

from visualnet.app.widgets.picture import blank_picture, is_current


class OnSharperScreen(QWidget):
    """A widget that has moved to a screen with twice as many pixels."""

    def devicePixelRatioF(self):
        return 2.0


def test_a_picture_is_current_until_the_widget_moves_to_a_sharper_screen(qtbot):
    widget, moved = QWidget(), OnSharperScreen()
    for one in (widget, moved):
        qtbot.addWidget(one)
        one.resize(40, 30)
    picture = blank_picture(widget, Qt.GlobalColor.red)
    assert is_current(picture, widget)
    assert not is_current(picture, moved)
    assert not is_current(QPixmap(), widget)
    assert blank_picture(moved, Qt.GlobalColor.red).width() == 80
