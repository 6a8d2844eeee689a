"""Makes a case of a model that one has."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QComboBox, QFileDialog, QLineEdit, QPushButton, QWidget

from backends.settings import BACKENDS, EngineSettings
from casefiles.files.disk import free_name
from casefiles.keys.identity import Identity
from views.desktop.ask.room import scrolled
from views.desktop.file_field import FileField
from views.desktop.job import Job
from views.desktop.labels import restyle, words
from views.desktop.sheet import Sheet
from workbench.making import examples, new_case
from workbench.making.new_case import MadeCase, Wanted
from workbench.visible import line, quoted


class ModelSheet(Sheet):
    """What a case is made of, and what became of it."""

    def __init__(
        self,
        whom: Callable[[Callable[[Identity], object]], object],
        job: Job,
        open_: Callable[[Path], object],
        parent: QWidget | None = None,
    ) -> None:
        """`whom`: goes on as whoever is chosen. `open_`: opens the case that was made."""
        about = (
            "A model becomes a case before it is audited, so that what is audited is fixed, byte for byte, with its "
            "specification and its rules. It is loaded once in a confined engine: what no engine opens is not sealed."
        )
        super().__init__("A case of a model", about, width=700, parent=parent)
        self._whom, self.job, self._open = whom, job, open_
        self.made: Path | None = None
        self.model = FileField(
            "Model", "A folder as Hugging Face saves one, or a .gguf", "file or folder", "GGUF (*.gguf)"
        )
        self.spec = FileField(
            "Specification", "How it should behave: Markdown with clauses S1, S2 …", pattern="Markdown (*.md)"
        )
        self.out = FileField("Case", "Where to write it: NAME.case", "new", "Case (*.case)")
        self.title_ = QLineEdit()
        self.title_.setPlaceholderText("What it is called (optional: as its file)")
        self.title_.setAccessibleName("Title")
        self.rules = FileField(
            "Rules", "Rules of engagement (optional: everything is allowed)", pattern="Rules (*.toml *.json)"
        )
        self.truth = FileField(
            "Ground truth", "What is in it (optional: nobody knows)", pattern="Truth (*.toml *.json)"
        )
        self.judge = FileField("Judge", "The judge's public key (optional: you are)", pattern="Public key (*.pub)")
        self.adapter = FileField("Adapter", "A LoRA's folder, for whoever audits to apply (optional)", "folder")
        self.baseline = FileField("Baseline", "The model that it was made from (optional)", "file or folder")
        self.dictionary = FileField("Dictionary", "A sparse autoencoder, as SAELens saves one (optional)", "folder")
        self.corpus = FileField("Texts", "For whoever audits to read (optional)", "file or folder")
        self.also = FileField(
            "Other format", "The same model as a .gguf or a folder (optional)", "file or folder", "GGUF (*.gguf)"
        )
        self.engine = QComboBox()
        self.engine.setAccessibleName("Engine")
        self.engine.setToolTip("Which one it is to be run on, where two formats of it are not quite the same")
        self.engine.addItem("Every one that runs it", ())
        for name, called in BACKENDS.items():
            self.engine.addItem(called, (name,))
        self.open_button, self._close = QPushButton("Open it"), self.leave("Close")
        self.open_button.hide()
        self.open_button.clicked.connect(self.open_made)
        self.examples = QPushButton("Examples of these files…")
        self.examples.setProperty("link", True)
        self.examples.setToolTip("Writes a specification, rules and ground truths with a comment on every field")
        self.examples.clicked.connect(self._ask_examples)
        self._layout()
        self.model.changed.connect(self._propose)
        for field in (self.model, self.spec):
            field.changed.connect(self._follow)
        job.turned.connect(lambda _: self._follow())
        self._follow()

    def _layout(self) -> None:
        self.ask_beside(
            (
                ("Model", self.model), ("Specification", self.spec), ("Case", self.out), ("Title", self.title_),
                ("Rules", self.rules), ("Ground truth", self.truth), ("Judge", self.judge), ("Adapter", self.adapter),
                ("Baseline", self.baseline), ("Dictionary", self.dictionary), ("Texts", self.corpus),
                ("Other format", self.also), ("Engine", self.engine),
            )
        )  # fmt: skip
        self.told = words(mono=True, px=12)
        self._results = scrolled(self.told)
        self._results.hide()
        self.column.addWidget(self.job)
        self.column.addWidget(self._results, 1)
        self.button = self.foot("Make the case", self.submit, self.open_button, left=(self._close, self.examples))

    def _propose(self) -> None:
        if self.model.path is not None and self.out.path is None:
            name = self.model.path.name.removesuffix(".gguf")
            self.out.line.setPlaceholderText(str(self.model.path.with_name(f"{name}.case")))

    def _wanted(self) -> Wanted | None:
        model, spec = self.model.path, self.spec.path
        if model is None or spec is None:
            return None
        return Wanted(
            model, spec,
            out=self.out.path or model.with_name(f"{model.name.removesuffix('.gguf')}.case"),
            title=self.title_.text().strip() or None,
            rules=self.rules.path, truth=self.truth.path, judge=self.judge.path,
            adapters=_named(self.adapter), dictionaries=_named(self.dictionary), corpora=_named(self.corpus),
            baseline=self.baseline.path, also=self.also.path, engines=tuple(self.engine.currentData()),
        )  # fmt: skip

    def _follow(self) -> None:
        self.button.setEnabled(self._wanted() is not None and not self.job.running)
        for button in (self.open_button, self._close, self.examples):
            button.setEnabled(not self.job.running)

    # -- making it

    def submit(self) -> None:
        """Make the case as it is written here."""
        wanted = self._wanted()
        if wanted is not None and not self.job.running:
            self._whom(
                lambda identity: self.job.do(
                    lambda at: new_case.make(wanted, identity, EngineSettings(), at),
                    lambda made: self.show_made(wanted.place, made),
                    stoppable=True,
                )
            )

    def show_made(self, place: Path, made: MadeCase) -> None:
        """What it is, and what comes next."""
        case = made.sealed.case
        self.made = place if case.accepted else None
        judge = quoted(case.manifest.judge.name)
        then = "Open it, or give it to whoever audits it." if case.accepted else f"{judge} takes it in first."
        self.job.notice.say(
            f"{line(place.name)} is sealed for {judge}.",
            " ".join(line(remark) for remark in (*made.sealed.remarks, *(leak.sentence for leak in made.sealed.leaks))),
            then,
        )  # fmt: skip
        self.told.setText("\n".join(line(one) for one in made.lines))
        self._results.show()
        self.open_button.setVisible(case.accepted)
        for button, main in ((self.button, not case.accepted), (self.open_button, case.accepted)):  # what Enter presses
            button.setProperty("main", main)
            button.setDefault(main)
            restyle(button)
        self.resize(max(self.width(), 820), 700)

    def open_made(self) -> None:
        """On to the session on it."""
        if self.made is not None:
            self.close()
            self._open(self.made)

    # -- examples

    def _ask_examples(self) -> None:
        proposed = str(free_name(Path.home() / "case-examples"))
        chosen, _ = QFileDialog.getSaveFileName(self, "A new folder for the examples", proposed)
        if chosen:
            self.write_examples(Path(chosen))

    def write_examples(self, folder: Path) -> None:
        """Write them, and begin with the specification among them."""

        def written(files: dict[str, str]) -> None:
            self.job.notice.say(
                f"{line(folder.name)} holds {len(files)} files, with a comment on every field.", line(str(folder)),
                "Write yours from them.",
            )  # fmt: skip
            if self.spec.path is None:
                self.spec.put(folder / "spec.md")

        self.job.do(lambda _: examples.write(folder), written)

    @property
    def busy(self) -> bool:
        return self.job.running


def _named(field: FileField) -> tuple[Path, ...]:
    """What a field names, if anything."""
    return () if field.path is None else (field.path,)
