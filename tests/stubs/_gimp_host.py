"""The GIMP behind the stubs: what a plug-in cannot see of it, and what a test does in GIMP's place."""

import traceback


class Killed(BaseException):
    """GIMP ends a plug-in that breaks its rules, without a chance for the plug-in to notice."""


class error(RuntimeError):
    """What pygimp raises for GIMP's refusals."""


class Host(object):
    """One GIMP with its images, and one plug-in after another.

    Attributes
    ----------
    procedures : dict
        What plug-ins have installed, by name: the arguments of ``gimp.install_procedure`` after it.
    menus : dict
        Menu paths, by name of the procedure.
    messages, errors : list of str
        What ``gimp.message`` was told; tracebacks of plug-ins that raised.
    progress : list
        Texts and fractions that the progress was set to.
    precision_enabled : bool
        Whether the plug-in that runs sees native bytes.
    answer : callable
        Stands for the person at gimpfu's dialog: gets the default values and returns those to use; None cancels.
    last_values : dict
        What was last used in the dialog, by name of the procedure.
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
        """Ask a plug-in what it has, and remember how to run it."""
        query()
        self._run = run

    def call(self, name, *arguments):
        """Run an installed procedure as GIMP does, in a fresh plug-in; return ``"success"`` or the error's name.

        Parameters
        ----------
        name : str
        arguments
            All that the procedure was installed with, run mode included.
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
        """Take back the last step of an image, as Edit > Undo does."""
        image._undo()

    def new_id(self):
        """Return a number that no image or item has."""
        self._next_id += 1
        return self._next_id


#: A fresh import of the stubs is a fresh GIMP.
host = Host()
