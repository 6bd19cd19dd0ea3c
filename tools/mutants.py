"""Countermeasures taken out of the source: for each, a text that makes it, and what stands there without it.

A mutant is named by the countermeasure that it removes (``tests/redteam/cases.py``); the attack cases of that
countermeasure must notice.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """The countermeasure *name*, removed from *file* by *edits*: (a text that stands there once, another)."""

    name: str
    file: str
    edits: tuple[tuple[str, str], ...]


def _one(name: str, file: str, old: str, new: str) -> Mutant:
    return Mutant(name, file, ((old, new),))


def _never(name: str, file: str, condition: str) -> Mutant:
    """Make the *condition* of an ``if`` false."""
    return _one(name, file, f"if {condition}:", f"if False and ({condition}):")


MUTANTS = (
    # The ledger and the records in it
    _never(
        "person's signature",
        "consent/validation.py",
        "not verify(state.people[record.person].key, record.signature, record.signed_bytes)",
    ),
    _never("signature at the door", "consent/ledger.py", "against"),
    _one(
        "once recorded",
        "consent/validation.py",
        "    # What was ended stays ended: recording the same signature again is not a new agreement.\n    if ",
        "    if True or ",
    ),
    _one(
        "key for life",
        "consent/validation.py",
        "case Enrolled() if fact.person in state.people:",
        "case Enrolled() if False:",
    ),
    _never("other grantee", "people/agreements.py", "grant.grantee != self.organisation"),
    _never("brought by whom", "consent/decide.py", "person.samples.get(claim.sample) != claim.manifest"),
    _one("no gaps", "consent/ledger.py", "            self._refuse_gaps()\n", "            pass\n"),
    _one("no rollback", "consent/ledger.py", "            self._refuse_rollback()\n", "            pass\n"),
    _never(
        "guarded voice",
        "studio/voice_guard.py",
        "voice and _nearest(voice, self._prints(guarded)) >= SAME_SPEAKER_SIMILARITY",
    ),
    _one(
        "guarded take",
        "studio/voice_guard.py",
        "self._refuse_take(request.spoken_voice, lambda: self.listen(parts[Speech.parts[0]]))",
        "pass",
    ),
    _one(
        "guarded recall",
        "studio/voice_guard.py",
        "self._refuse_take(request.spoken_voice, lambda: self._print(made.digest))",
        "pass",
    ),
    _never(
        "meant face", "studio/swap_check.py", "looks and np.mean([look.way for look in looks]) < _MIN_IDENTITY_SHIFT"
    ),
    _one("meant face", "studio/studio.py", "frames = witness.after(frames)", "pass"),
    _never("chain", "consent/fold.py", "entry.index != state.index + 1 or entry.previous != state.digest"),
    _never("signed entries", "consent/fold.py", "not verify(state.key, entry.signature, entry.signed_bytes)"),
    _never("own ledger", "consent/ledger.py", "self._state.key != self._key.public"),
    _never("canonical entries", "consent/entries.py", "entry.digest != hashlib.sha256(data).hexdigest()"),
    Mutant(
        "append where nothing stands",
        "artifacts/objects.py",
        (
            ("return not self._stands(target) and self._write(target, source)", "return self._write(target, source)"),
            ("with atomic_create(target,", "with atomic_write(target,"),
        ),
    ),
    _never("checkpoints", "consent/checkpoint.py", "standing.text != note.text"),
    _never("checkpoints", "consent/ledger.py", "before and not self._extends(read_checkpoint(before))"),
    _never("witness", "consent/witness.py", "checkpoint.size < seen.size"),
    _never("witness", "consent/witness.py", "not signed_by(note, self._log) or checkpoint.origin != self._log.name"),
    _never(
        "inclusion proof",
        "consent/tlog_proof.py",
        "not verify_inclusion(leaf, proof.index, checkpoint.size, checkpoint.root, proof.path)",
    ),
    _one(
        "snapshots",
        "consent/ledger_verifier.py",
        "snapshot.contradicts_entries(kept, replay.state, replay.tree)",
        "not size",
    ),
    # A statement in the person's own words
    _one(
        "one recording, one challenge",
        "capture/capture.py",
        "before=self._came_before(challenge, sound)",
        "before=False",
    ),
    _never("half an hour", "capture/capture.py", "self.people.clock() >= challenge.expires_at"),
    _never("half an hour", "capture/capture.py", "withdrawn is not None and withdrawn > challenge.after"),
    _never("second person", "capture/capture.py", "ledger.operator in (taken.by, challenge.asked_by)"),
    # What a grant covers
    _one("period", "consent/decide.py", "    if now >= grant.not_after:\n", "    if False:\n"),
    _one("period", "consent/decide.py", "    if now < grant.not_before:\n", "    if False:\n"),
    _one(
        "sample by sample",
        "consent/decide.py",
        "[s for s in covering if claim.sample in s.scope.assets]",
        "list(covering)",
    ),
    _one(
        "brief",
        "consent/decide.py",
        "        _out_of_time(standing, person, now)\n        or _off_brief(standing, question)\n",
        "        _out_of_time(standing, person, now)\n",
    ),
    _one("words", "consent/decide.py", "        or _off_script(standing, question, state)\n", ""),
    _never(
        "recorded words",
        "engines/voice/cut.py",
        "not 0 <= request.index < len(cuts.lines) or cuts.lines[request.index].text != request.line",
    ),
    _one(
        "words in plain",
        "consent/content_filter.py",
        "{plain, *(plain.translate(table) for table in _translations())}",
        "{text.casefold()}",
    ),
    _one("words in pieces", "consent/content_filter.py", " or any(pieces.search(each) for each in runs)", ""),
    _one("words shown", "consent/decide.py", "words = question.spoken | question.displayed", "words = question.spoken"),
    _one("counted", "consent/decide.py", "        or _used_up(standing, question, state)\n", ""),
    _never("evidence", "consent/decide.py", "attested and now >= grant.not_before + MAX_ATTESTED_AGE"),
    _one("suspension", "consent/decide.py", 'return "suspended" if person.suspended else None', "return None"),
    _never("narrowing", "consent/validation.py", "ended"),
    _one("narrowing", "consent/validation.py", "if narrowing.scope.within(standing.scope):", "if True:"),
    _never("roles", "consent/permission.py", "operator is None or role not in operator.roles"),
    _never("roles", "consent/validation.py", "not verify(operator.key, record.signature, record.signed_bytes)"),
    _one("four eyes", "consent/decide.py", " - question.authors - {question.operator})", ")"),
    _never("four eyes", "people/operators.py", "state.made.get(subject) == self._me"),
    # The gate and the studio
    _one(
        "asked again before keeping",
        "studio/studio.py",
        "            else:\n                cleared = self._clear(request, brief)\n",
        "            else:\n                pass\n",
    ),
    _one(
        "asked while it runs", "studio/studio.py", "check=lambda: self._ask(request, bench.brief)", "check=lambda: None"
    ),
    _one("asked while it runs", "runtime/supervise.py", "                check()\n", "                pass\n"),
    _one(
        "asked as frames flow", "studio/studio.py", "                    self._ask(cleared.request, bench.brief)\n", ""
    ),
    _one("compare and swap", "studio/studio.py", "self.ledger.append_at(cleared.at, fact)", "self.ledger.append(fact)"),
    _never("uses embodied", "consent/claim_collection.py", "manifest.work and manifest.work.use"),
    _never("nobody", "consent/gate.py", "not manifest.people"),
    _never("made here", "consent/gate.py", "manifest.work and digest not in state.made"),
    _never("made here", "studio/studio.py", "made and made.digest not in self.ledger.read().made"),
    _never("recipe binding", "artifacts/store.py", "made.work is None or made.work.recipe != recipe"),
    _never("recipe binding", "studio/studio.py", "work.recipe != manifest.work.recipe"),
    _never("parts of its kind", "artifacts/store.py", "set(parts) - set(kind.optional) != set(kind.parts)"),
    _never(
        "manifest by digest",
        "artifacts/store.py",
        "manifest.digest != digest or set(manifest.people) != set(label.people)",
    ),
    _never("clearance", "consent/_clearance.py", "seal is not _SEAL"),
    _never(
        "reach", "studio/workbench.py", "artifact.digest not in {own.digest for own in self._cleared.request.inputs()}"
    ),
    _one(
        "reach",
        "studio/workbench.py",
        "        if self._closed:\n            raise",
        "        if False:\n            raise",
    ),
    _never("frames counted", "studio/studio.py", "count != frames.count"),
    _never(
        "frames counted",
        "studio/studio.py",
        "cleared.request.preserves_frame_count and bench.pulled not in (None, count)",
    ),
    _one(
        "declared models",
        "stages/registry.py",
        "    refuse_undeclared_models(choice.engine, kind)\n    refuse_flat",
        "    refuse_flat",
    ),
    _never("right stage", "studio/studio.py", "not isinstance(request, kind)"),
    _never("named engines", "stages/registry.py", "option not in names"),
    _one("blamed", "studio/studio.py", "except (Exception, SystemExit) as error:", "except Exception as error:"),
    # Text
    _never("plain words", "voices/text/script.py", "bad or character in _BIDI"),
    _never("strict blueprint", "production/blueprint/load.py", "isinstance(token, yaml.AliasToken)"),
    _never("strict blueprint", "production/blueprint/load.py", "isinstance(token, yaml.TagToken)"),
    _one(
        "text is data",
        "media/captions.py",
        'return "\\n".join(["WEBVTT\\n", *blocks])',
        'return "\\n".join(["WEBVTT\\n", *blocks]).replace("&lt;", "<")',
    ),
    # Media
    _never("sniffed", "media/ingest/gateway.py", "found not in _FORMATS_BY_KIND[kind]"),
    _one("one format", "media/container.py", 'format="mov", ', ""),
    _never(
        "sizes first", "media/ingest/sanitize.py", "width * height > MAX_PIXELS or max(width, height) > MAX_SIDE_PX"
    ),
    _never("sizes first", "media/ingest/sanitize.py", "index.rate > MAX_FRAME_RATE"),
    _never("whole files", "media/mp4.py", "box.size < box.header or at + box.size > end"),
    _one("plain files", "media/ingest/gateway.py", "if not path.is_file():", "if not path.exists():"),
    _one(
        "a process of its own",
        "media/ingest/sandbox.py",
        "    restrict_files((*_READABLE_PATHS, path), to.parent)\n",
        "",
    ),
    _one("a process of its own", "media/ingest/sandbox.py", "    block_network_and_exec()\n    takes", "    takes"),
    _one("a process of its own", "media/ingest/landlock.py", "handled = _ALL_V1_RIGHTS", "handled = _READ_DIR"),
    _one(
        "a process of its own", "media/ingest/seccomp.py", "        return False\n", "        pass\n    return True\n"
    ),
    _one("decoded once", "media/ingest/sanitize.py", "        _check_pictures(beside, path.name)\n", ""),
    _one(
        "clean copies",
        "media/ingest/sanitize.py",
        "    write_rgb(to, pixels)\n",
        "    to.write_bytes(path.read_bytes())\n",
    ),
    # Models
    _never("weights by digest", "models/weights.py", "_digest(path) != weights.sha256"),
    _one("weights by digest", "models/weights.py", "facts.st_ino, facts.st_ctime_ns", "0, facts.st_mtime_ns"),
    _one("plain weights", "models/checkpoint.py", "weights_only=True", "weights_only=False"),
    _one(
        "plain weights",
        "voices/adaptation/voice_model.py",
        "np.load(path, allow_pickle=False)",
        "np.load(path, allow_pickle=True)",
    ),
    _never("weights folder", "models/pinned.py", 'place.is_absolute() or ".." in place.parts or not place.parts'),
    _never(
        "local weights",
        "voices/backends/model_folder.py",
        'name in _FILE_FIELDS and any("://" in str(each) for each in _as_list(value))',
    ),
    _never(
        "plain weights",
        "voices/backends/coqui_hardening.py",
        'not _SUM_OF_LISTS.fullmatch(str(stored["cfg"].get(_LAYERS, "")))',
    ),
    _never(
        "local weights",
        "models/onnx.py",
        "tensor.external_data or tensor.data_location == onnx.TensorProto.EXTERNAL",
    ),
    # Marks
    _never("marks read back", "watermark/verify.py", "missing"),
    _never("marks beside credentials", "provenance/watermark_checks.py", "marks.found"),
    _one("a calibrated chance", "watermark/detect.py", "FALSE_ALARM_RATE = 1e-6", "FALSE_ALARM_RATE = 1.0"),
    # Around it
    _never("no private network", "publishing/webhooks/ssrf_guard.py", "inside"),
    _never("server-made keys", "artifacts/objects.py", "not _KEY.fullmatch(key)"),
    _never("verified delivery", "app/delivery.py", "verdict.entry is None or not verdict.trusted"),
    _one(
        "quiet",
        "studio/studio.py",
        '_log.info("cleared %s", type(request).__name__)',
        '_log.info("cleared %s", request)',
    ),
    _one("erased", "people/erasure.py", "    people.vault.keyring.destroy(id)\n", ""),
    _never("pseudonyms", "people/directory.py", "person and person.alias != alias"),
    _one(
        "swept",
        "runtime/workdir.py",
        "    return sum(_remove_if_unlocked(room) for room in rooms if room.is_dir() and not room.is_symlink())\n",
        "    return 0 * len(list(rooms))\n",
    ),
)

# Without asking again, a publication that lost the race would try for ever. A hang is no proof: the test's own limit
# has to end it as a failure.
HANGS = (
    _one(
        "compare and swap",
        "studio/studio.py",
        "        while True:\n            cleared: Cleared[Any] = self._clear(",
        "        cleared: Cleared[Any] = self._clear(request, brief, Output(recipe, length, video.digest))\n"
        "        while True:\n            _ = (",
    ),
)
