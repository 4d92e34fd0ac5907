"""Icons in the colours of the theme, and the list of keys."""

from collections import Counter

from PySide6.QtGui import QColor
from PySide6.QtWidgets import QMessageBox

from visualnet.app.theme import DARK, LIGHT


def colour_of(icon):
    """The most frequent opaque colour of an icon."""
    image = icon.pixmap(20, 20).toImage()
    pixels = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
    return Counter(pixel.name() for pixel in pixels if pixel.alpha() == 255).most_common(1)[0][0]


def test_icons_follow_the_theme_in_menus_buttons_and_the_timeline(xor_window):
    window = xor_window
    for name, theme in (("light", LIGHT), ("dark", DARK)):
        window.themes.choose(name)
        play = window.transport.play
        assert colour_of(play.icon()) == QColor(theme.text).name()
        button = window.transport.widgetForAction(play)
        assert colour_of(button.icon()) == QColor(theme.on_accent).name()
        assert colour_of(window.timeline.live.icon()) == QColor(theme.accent).name()
        window.transport._show_play()
        play.setEnabled(False)
        play.setEnabled(True)
        assert colour_of(button.icon()) == QColor(theme.on_accent).name()


def test_the_list_of_keys_fits_on_a_small_screen(xor_window):
    xor_window.help.show_keys()
    (box,) = xor_window.findChildren(QMessageBox)
    assert box.width() <= 1240 and box.height() <= 640
    box.close()
