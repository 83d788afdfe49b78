"""The GIMP behind the stubs: its state that plug-ins cannot see, and actions of GIMP for tests."""

import traceback


class Killed(BaseException):
    """Raised when GIMP kills a plug-in that breaks its rules; the plug-in cannot catch it as an Exception."""


class error(RuntimeError):
    """Raised by pygimp when GIMP refuses a call."""


class Host(object):
    """A GIMP with its images, which runs one plug-in after another.

    Attributes
    ----------
    procedures : dict
        Procedures of the plug-ins by name: the further arguments of ``gimp.install_procedure``.
    menus : dict
        Menu paths by procedure name.
    messages, errors : list of str
        Texts of ``gimp.message``; tracebacks of plug-ins that raised.
    progress : list
        Texts and fractions to which the progress was set.
    precision_enabled : bool
        Whether the running plug-in sees native bytes.
    answer : callable
        Replaces the user of gimpfu's dialog: gets the default values and returns the values to use; None cancels.
    last_values : dict
        Values last used in the dialog, by procedure name.
    """

    def __init__(self):
        self.procedures, self.menus, self.last_values = {}, {}, {}
        self.messages, self.errors, self.progress = [], [], []
        self.images, self.items = {}, {}
        self.precision_enabled = False
        self.answer = list
        self._run = None
        self._next_id = 0

    def connect(self, query, run):
        """Query the procedures of a plug-in, and remember how to run it."""
        query()
        self._run = run

    def call(self, name, *arguments):
        """Run an installed procedure as GIMP does, in a fresh plug-in; return ``"success"`` or the error's name.

        Parameters
        ----------
        name : str
        arguments
            All arguments of the procedure, including the run mode.
        """
        self.precision_enabled = False
        if len(arguments) != len(self.procedures[name][8]):
            return "calling-error"
        try:
            self._run(name, tuple(arguments))
        except (Exception, Killed):
            self.errors.append(traceback.format_exc())
            return "execution-error"
        finally:
            for image in self.images.values():
                image._plug_in_ended()
        return "success"

    def undo(self, image):
        """Undo the last step of an image, as Edit > Undo does."""
        image._undo()

    def new_id(self):
        """Return an ID that no image or item has."""
        self._next_id += 1
        return self._next_id


#: A fresh import of the stubs is a fresh GIMP.
host = Host()
