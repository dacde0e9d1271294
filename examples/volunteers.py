"""A folder of volunteers' photos with consents made for tests, as `garim corpus admit` takes it.

    python examples/volunteers.py ../shared/data/faces_london volunteers

The people of the Face Research Lab London Set agreed to studies, not to this: the consents are fictional, each marked
TEST, and count in a TEST corpus alone. Nobody's nationality is known, and none is made up.
"""

from __future__ import annotations

import csv
import hashlib
import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from garim.consent import Data, Purpose, Record, Signer, give, new_key, public_of, save, save_key

CONTROLLER, PROCESSOR = "Institute of Examples", "Vision Lab"
TAKEN = 2012  # when the set's photos were made; ages in its list are those of then
TEXT = b"TEST. Nobody was shown this text."


def main(source: Path, folder: Path) -> None:
    """Write `folder`: photos, consents, photos.csv, and the officer's public key in known-keys."""
    folder.mkdir()
    officer = new_key("office")
    save_key(officer, folder / "office.key")
    (folder / "known-keys").write_text(f"{public_of(officer)} officer\n")
    (folder / "known-keys").chmod(0o600)
    rows = [["file", "consent", "nationality", "birth_year", "sex", "captured_on", "provenance"]]
    now = datetime.now(UTC).replace(microsecond=0)
    for person in csv.DictReader((source / "london_info.csv").read_text().splitlines()):
        name = f"L-{person['face_id']}"
        for purpose in (Purpose.CORPUS_TRAIN, Purpose.CORPUS_TEST):
            record = Record(
                pseudonym=name,
                purpose=purpose,
                data=(Data.PHOTO, Data.GROUP),
                controller=CONTROLLER,
                contact="records@examples.example",
                processors=(PROCESSOR,),
                valid_from=now - timedelta(hours=1),
                valid_until=now + timedelta(days=365),
                text_sha256=hashlib.sha256(TEXT).hexdigest(),
                language="en",
                refusal="nothing",
                alternative=None,
                test=True,
            )
            save(give(record, officer, by=Signer.OFFICER, at=now), folder / f"{name}.{purpose.value}.TEST.consent.json")
        for photo in sorted(source.glob(f"{person['face_id']}_*.jpg")):
            shutil.copy(photo, folder / photo.name)
            consents = ";".join(f"{name}.{use}.TEST.consent.json" for use in ("corpus.train", "corpus.test"))
            born = str(TAKEN - int(person["face_age"])) if person["face_age"].isdecimal() else ""
            rows.append([photo.name, consents, "", born, person["face_gender"], f"{TAKEN}-04-01", "study-volunteer"])
    with (folder / "photos.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    print(f"{folder}: {len(rows) - 1} photos, TEST")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
