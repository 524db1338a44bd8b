"""The style sheet of the whole program, made from a theme.

What a widget *is* decides how it looks: a role given as a property (``widget.setProperty("role", "title")``), never a
style sheet of its own.  Roles of labels: ``title strong label hint score error ok warn chip key``; of buttons:
``main quiet large``; of frames: ``bar panel card well divider good wrong``.
"""

from __future__ import annotations

from pathlib import Path
from string import Template

from gui.theme import Theme

_ASSETS = (Path(__file__).parent / "assets").as_posix()


def sheet(theme: Theme) -> str:
    """The style sheet for *theme*."""
    return Template(_SHEET).substitute(theme.colors, name=theme.name, assets=_ASSETS)


_SHEET = """
* { font-size: 13px; }
QWidget { color: $t1; }
QMainWindow, QDialog, QWidget[role="page"] { background: $bg0; }
QWidget[role="bar"], QWidget[role="panel"] { background: $bg1; }
QFrame[role="bar"] { border-bottom: 1px solid $line; }
QFrame[role="status"] { background: $bg1; border-top: 1px solid $line; }
QFrame[role="card"] { background: $bg1; border: 1px solid $line; border-radius: 8px; }
QFrame[role="card"][hot="true"] { border-color: $line2; }
QFrame[role="card"][hot="true"]:hover, QFrame[role="card"][hot="true"]:focus { border-color: $acc; }
QFrame[role="well"] { background: $bg0; border: 0; }
QFrame[role="divider"] { background: $line; border: 0; min-height: 1px; max-height: 1px; }
QFrame[role="upright"] { background: $line; border: 0; min-width: 1px; max-width: 1px; }
QFrame[role="step"] { border: 0; border-radius: 6px; }
QFrame[role="step"]:hover, QFrame[role="step"]:focus { background: $bg3; }
QFrame[role="popup"] { background: $bg1; border: 1px solid $line2; border-radius: 8px; }
QFrame[role="good"] { background: $okbg; border-radius: 6px; }
QFrame[role="wrong"] { background: $errbg; border-radius: 6px; }
QFrame[role="careful"] { background: $warnbg; border-radius: 6px; }

QLabel { background: transparent; }
QLabel[role="welcome"] { font-size: 28px; font-weight: 600; }
QLabel[role="score"] { font-size: 20px; font-weight: 600; }
QLabel[role="title"] { font-size: 15px; font-weight: 600; }
QLabel[role="strong"] { font-weight: 600; }
QLabel[role="label"] { font-size: 12px; color: $t2; }
QLabel[role="formula"] { font-size: 15px; color: $t1; }
QLabel[role="second"] { color: $t2; }
QLabel[role="hint"] { font-size: 11px; color: $t3; }
QLabel[role="faint"] { font-size: 12px; color: $t3; }
QLabel[role="sum"] { font-size: 12px; color: $t2; }
QLabel[role="status-value"] { font-size: 12px; font-weight: 600; }
QLabel[role="status-word"] { font-size: 12px; color: $t2; }
QLabel[role="error"] { font-size: 12px; color: $err; }
QLabel[role="warn"] { font-size: 12px; color: $warn; }
QLabel[role="ok"] { font-size: 12px; color: $ok; }
QLabel[role="chip"] { font-size: 11px; color: $t2; background: $bg3; border-radius: 9px; padding: 2px 8px; }
QLabel[role="chip-now"] { font-size: 11px; color: $onacc; background: $accbg; border-radius: 9px; padding: 2px 8px; }
QLabel[role="chip-error"] { font-size: 11px; color: $err; background: $errbg; border-radius: 9px; padding: 2px 8px; }
QLabel[role="chip-warn"] { font-size: 11px; color: $warn; background: $warnbg; border-radius: 9px; padding: 2px 8px; }
QLabel[role="key"] {
  font-size: 11px; color: $t2; border: 1px solid $line2; border-radius: 4px; padding: 1px 5px; background: $bg2;
}
QLabel:disabled { color: $t3; }

QPushButton {
  background: $bg2; border: 1px solid $line2; border-radius: 6px; padding: 0 12px; min-height: 26px; color: $t1;
  font-weight: 500;
}
QPushButton:hover { background: $bg3; }
QPushButton:pressed { background: $line; }
QPushButton:focus { border-color: $acc; }
QPushButton:disabled { color: $t3; border-color: $line; background: $bg1; }
QPushButton:checked { background: $accsoft; color: $acc; border-color: $accsoft; }
QPushButton[role="main"] { background: $accbg; border-color: $accbg; color: $onacc; font-weight: 600; }
QPushButton[role="main"]:hover { border-color: $acc; }
QPushButton[role="main"]:focus { border-color: $t1; }
QPushButton[role="main"]:disabled { background: $bg3; border-color: $bg3; color: $t3; }
QPushButton[role="large"] {
  background: $accbg; border-color: $accbg; color: $onacc; font-size: 15px; font-weight: 600; min-height: 50px;
  border-radius: 8px; padding: 0 24px;
}
QPushButton[role="large"]:hover { border-color: $acc; }
QPushButton[role="large"]:focus { border: 2px solid $t1; }
QPushButton[role="quiet"] { background: transparent; border-color: transparent; color: $t2; padding: 0 8px; }
QPushButton[role="quiet"]:hover { background: $bg3; color: $t1; }
QPushButton[role="quiet"]:focus { border-color: $acc; }
QPushButton[role="quiet"]:disabled { color: $t3; background: transparent; border-color: transparent; }
QPushButton[role="room"] {
  background: transparent; border-color: transparent; color: $t2; min-height: 30px; padding: 0 14px 0 12px;
}
QPushButton[role="room"]:hover { color: $t1; }
QPushButton[role="room"]:focus { border-color: $line2; }
QPushButton[role="room"]:checked { background: $bg3; color: $t1; border-color: $bg3; }
QPushButton[role="room"]:disabled { color: $t3; }
QPushButton[role="word"] { padding: 0 8px; font-size: 12px; font-weight: 400; color: $t2; min-width: 0; }
QPushButton[role="word"]:checked { background: $accsoft; color: $acc; border-color: $acc; }
QPushButton[role="status"] {
  background: transparent; border: 0; padding: 0 4px; min-height: 20px; font-size: 12px; color: $err;
}
QPushButton[role="status"][severity="warning"] { color: $warn; }
QPushButton[role="status"]:hover, QPushButton[role="status"]:focus { text-decoration: underline; }
QPushButton[role="link"] {
  background: transparent; border: 0; padding: 0; min-height: 16px; font-size: 11px; font-weight: 400; color: $t2;
}
QPushButton[role="link"]:hover, QPushButton[role="link"]:focus { text-decoration: underline; color: $acc; }
QPushButton[role="part"] { border-radius: 0; border-color: $line2; }
QPushButton[role="row"] {
  background: transparent; border: 0; border-radius: 6px; text-align: left; padding: 0 8px; font-weight: 400;
}
QPushButton[role="row"]:hover, QPushButton[role="row"]:focus { background: $bg3; }
QPushButton[role="choice"] {
  background: $bg1; border: 1px solid $line; border-radius: 8px; text-align: left; min-height: 56px;
}
QPushButton[role="choice"]:hover, QPushButton[role="choice"]:focus { border-color: $line2; background: $bg2; }
QPushButton[role="choice"]:checked { border-color: $acc; background: $accsoft; }

QToolButton { background: transparent; border: 1px solid transparent; border-radius: 6px; padding: 4px; color: $t2; }
QToolButton:hover { background: $bg3; color: $t1; }
QToolButton:focus { border-color: $acc; }
QToolButton:checked { background: $bg3; color: $t1; }
QToolButton:disabled { color: $t3; background: transparent; }
QToolButton::menu-indicator { image: none; }

QLineEdit, QSpinBox, QDoubleSpinBox, QComboBox, QPlainTextEdit, QTextEdit {
  background: $bg2; border: 1px solid $line2; border-radius: 6px; padding: 0 7px; color: $t1;
  selection-background-color: $accbg; selection-color: $onacc;
}
QLineEdit, QSpinBox, QDoubleSpinBox, QComboBox { min-height: 26px; }
QPlainTextEdit, QTextEdit { padding: 6px 8px; }
QLineEdit:hover, QSpinBox:hover, QDoubleSpinBox:hover, QComboBox:hover { border-color: $wire; }
QLineEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus, QPlainTextEdit:focus, QTextEdit:focus {
  border-color: $acc;
}
QLineEdit:disabled, QSpinBox:disabled, QDoubleSpinBox:disabled, QComboBox:disabled {
  color: $t3; border-color: $line; background: $bg1;
}
QLineEdit[invalid="true"], QSpinBox[invalid="true"], QDoubleSpinBox[invalid="true"], QComboBox[invalid="true"] {
  border-color: $err; background: $errbg;
}
QLineEdit[role="name"] {
  background: transparent; border-color: transparent; padding: 0 4px; font-size: 15px; font-weight: 600;
}
QLineEdit[role="name"]:hover { border-color: $line2; }
QLineEdit[role="name"]:focus { border-color: $acc; background: $bg2; }
QLineEdit[role="name"][invalid="true"] { border-color: $err; background: $errbg; }
QLineEdit[role="bare"] { background: transparent; border-color: transparent; }
QSpinBox::up-button, QSpinBox::down-button, QDoubleSpinBox::up-button, QDoubleSpinBox::down-button {
  width: 0; border: 0;
}
QComboBox::drop-down { border: 0; width: 24px; }
QComboBox::down-arrow { image: url($assets/chevron-down-$name.svg); width: 14px; height: 14px; }
QComboBox QAbstractItemView {
  background: $bg1; border: 1px solid $line2; border-radius: 6px; padding: 4px; outline: 0;
  selection-background-color: $bg3; selection-color: $t1;
}
QComboBox QAbstractItemView::item { min-height: 26px; padding: 0 6px; border-radius: 4px; }

QCheckBox { spacing: 8px; background: transparent; }
QCheckBox::indicator {
  width: 14px; height: 14px; border: 1px solid $line2; border-radius: 4px; background: $bg2;
}
QCheckBox::indicator:hover, QCheckBox::indicator:focus { border-color: $acc; }
QCheckBox::indicator:checked { background: $accbg; border-color: $accbg; image: url($assets/check-$name.svg); }
QCheckBox:focus { color: $acc; }
QRadioButton { spacing: 8px; background: transparent; }
QRadioButton::indicator { width: 12px; height: 12px; border: 1px solid $line2; border-radius: 7px; background: $bg2; }
QRadioButton::indicator:checked { background: $accbg; border: 4px solid $bg2; }

QSlider::groove:horizontal { height: 4px; border-radius: 2px; background: $bg3; }
QSlider::sub-page:horizontal { background: $acc; border-radius: 2px; }
QSlider::handle:horizontal {
  width: 12px; height: 12px; margin: -5px 0; border-radius: 7px; background: $bg2; border: 2px solid $acc;
}
QProgressBar { background: $bg3; border: 0; border-radius: 3px; max-height: 6px; min-height: 6px; }
QProgressBar::chunk { background: $acc; border-radius: 3px; }

QTabBar { background: transparent; qproperty-drawBase: 0; }
QTabBar::tab {
  background: transparent; color: $t2; padding: 0 14px; height: 36px; border: 0; border-top: 2px solid transparent;
  border-right: 1px solid $line; font-weight: 500;
}
QTabBar::tab:hover { color: $t1; }
QTabBar::tab:selected { color: $t1; background: $bg0; border-top-color: $acc; }
QTabBar::tab:focus { color: $acc; }
QTabBar[role="panel"]::tab {
  padding: 0 2px; margin: 0 14px 0 0; height: 34px; border: 0; border-bottom: 2px solid transparent;
}
QTabBar[role="panel"]::tab:selected { background: transparent; border-bottom-color: $acc; color: $t1; }

QScrollArea, QScrollArea > QWidget > QWidget { background: transparent; border: 0; }
QAbstractScrollArea { border: 0; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle { background: $line2; border-radius: 3px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 24px; }
QScrollBar::handle:horizontal { min-width: 24px; }
QScrollBar::handle:hover { background: $wire; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QTreeView, QListView, QTableView {
  background: transparent; border: 0; outline: 0; alternate-background-color: transparent; gridline-color: $line;
  selection-background-color: $bg3; selection-color: $t1;
}
QTreeView::item, QListView::item { min-height: 28px; border-radius: 6px; padding: 0 6px; }
QTreeView::item:hover, QListView::item:hover { background: $bg2; }
QTreeView::item:selected, QListView::item:selected { background: $bg3; color: $t1; }
QTableView::item { padding: 0 8px; border-bottom: 1px solid $line; }
QTableView::item:selected { background: $accsoft; color: $t1; }
QHeaderView { background: transparent; }
QHeaderView::section {
  background: transparent; color: $t3; border: 0; border-bottom: 1px solid $line; padding: 6px 8px; font-size: 11px;
  font-weight: 600;
}

QMenu { background: $bg1; border: 1px solid $line2; border-radius: 8px; padding: 4px; }
QMenu::item { padding: 5px 24px 5px 10px; border-radius: 4px; color: $t1; }
QMenu::item:selected { background: $bg3; }
QMenu::item:disabled { color: $t3; }
QMenu::icon { padding-left: 8px; }
QMenu::separator { height: 1px; background: $line; margin: 4px 6px; }
QMenu::right-arrow { image: url($assets/chevron-right-$name.svg); width: 14px; height: 14px; }
QToolTip { background: $bg2; color: $t1; border: 1px solid $line2; padding: 5px 7px; font-size: 12px; }
QSplitter::handle { background: $line; }
QSplitter::handle:horizontal { width: 1px; }
QSplitter::handle:vertical { height: 1px; }
QSplitter::handle:hover { background: $acc; }
"""
