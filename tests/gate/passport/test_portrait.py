"""Portraits are found in DG2 as it is, in both standards; what it says falsely is refused, or shown as a deviation."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.gate.passport.dg2s import Face, dg2, extensible, jpeg_2000, png, portrait, record, templates
from tests.gate.passport.files import dump, tlv

from garim.gate.passport import faces_19794, faces_39794
from garim.gate.passport.outcomes import Reason, Refused
from garim.gate.passport.portrait import FaceImage, FeaturePoint, portraits

OF_2005, OF_2011, OF_2019 = "ISO/IEC 19794-5:2005", "ISO/IEC 19794-5:2011", "ISO/IEC 39794-5:2019"
JPEG = portrait()
JP2 = jpeg_2000(JPEG)
STREAM = jpeg_2000(JPEG, codestream=True)
SIZE = (413, 531)


def refused(data: bytes, reason: Reason) -> None:
    with pytest.raises(Refused) as caught:
        portraits(data)
    assert caught.value.reason is reason


def only(data: bytes) -> FaceImage:
    (image,) = portraits(data)
    return image


# --- what real files hold -------------------------------------------------------------------------------------------


def test_icao_samples_of_39794() -> None:
    shown = dump("gmrtd/test_data/ICAO_39794_5_AP_DG2_Face.jpg").read_bytes()
    bare = only(dump("gmrtd/test_data/ICAO_39794_5_AP_DG2_MandFields.dat").read_bytes())
    assert (bare.kind, bare.width, bare.height, bare.standard) == ("JPEG 2000", *SIZE, OF_2019)
    assert bare.data == shown
    assert (bare.image_type, bare.feature_points, bare.deviations) == ("", (), ())
    full = only(dump("gmrtd/test_data/ICAO_39794_5_AP_DG2_AllFields.dat").read_bytes())
    assert full.data == shown
    assert full.image_type == "MRTD"
    assert full.feature_points == (FeaturePoint("2.11", 90, 22),)
    assert full.deviations == (Reason.IMAGE_SIZE_DIFFERS,)  # it says 572 x 731


def test_icao_samples_of_39794_alone() -> None:
    for name in ("AllFields", "MandFields"):
        (image,) = faces_39794.faces(dump(f"gmrtd/iso39794/test_data/ICAO_39794_5_AP_{name}.dat").read_bytes())
        assert (image.width, image.height) == SIZE
    with pytest.raises(Refused) as caught:
        faces_39794.faces(dump("gmrtd/iso39794/test_data/ICAO_39794_5_AP_MandFields_InvalidImage.dat").read_bytes())
    assert caught.value.reason is Reason.IMAGE_FORMAT


def test_the_specimen_of_the_bsi() -> None:
    image = only(dump("bsi2008/Datagroup2.bin").read_bytes())
    assert (image.kind, image.width, image.height, image.standard) == ("JPEG 2000", *SIZE, OF_2005)
    assert image.image_type == "full frontal"
    assert image.deviations == (Reason.IMAGE_SIZE_DIFFERS,)  # its record says 337 x 449
    assert only(dump("tsemrtd_dgs/EF_DG2.bin").read_bytes()).data == image.data


def test_the_specimen_of_loes() -> None:
    image = only(dump("loes2006/ef0102.bin").read_bytes())
    assert (image.kind, image.width, image.height, image.deviations) == ("JPEG 2000", 449, 598, ())


def test_gmrtd_samples_of_19794() -> None:
    (image,) = faces_19794.faces(dump("gmrtd/iso19794/test_data/ISO19794_Test1_Data.bin").read_bytes())
    assert image.data == dump("gmrtd/iso19794/test_data/ISO19794_Test1_Face.jpg").read_bytes()
    assert (image.kind, image.width, image.height, image.image_type) == ("JPEG", 148, 70, "token frontal")
    assert image.deviations == (Reason.IMAGE_TYPE_DIFFERS,)  # it says JPEG 2000
    with pytest.raises(Refused) as caught:
        faces_19794.faces(dump("gmrtd/iso19794/test_data/ISO19794_Test2_Data_InvalidImage.bin").read_bytes())
    assert caught.value.reason is Reason.IMAGE_FORMAT


# --- what may stand in DG2 ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("coded", [JPEG, JP2, STREAM], ids=["JPEG", "JP2", "codestream"])
@pytest.mark.parametrize("standard", [OF_2005, OF_2011, OF_2019])
def test_each_standard_and_each_coding(standard: str, coded: bytes) -> None:
    image = only(dg2(coded, standard=standard.removeprefix("ISO/IEC ")))
    assert image.data == coded
    assert (image.kind, image.width, image.height) == ("JPEG" if coded is JPEG else "JPEG 2000", *SIZE)
    assert (image.standard, image.deviations) == (standard, ())


@pytest.mark.parametrize("standard", [OF_2005, OF_2011, OF_2019])
def test_several_images_keep_their_order(standard: str) -> None:
    found = portraits(dg2(JPEG, JP2, STREAM, standard=standard.removeprefix("ISO/IEC ")))
    assert [image.data for image in found] == [JPEG, JP2, STREAM]


def test_a_record_is_known_whatever_tag_holds_it() -> None:
    assert only(templates(record([Face(JPEG)]), kind=0x7F2E)).standard == OF_2005
    assert only(templates(extensible(Face(JPEG)), kind=0x5F2E)).standard == OF_2019


def test_feature_points_are_read_and_never_shown() -> None:
    image = only(templates(record([Face(JPEG, points=3)])))
    assert image.feature_points == (
        FeaturePoint("0.1", 100, 120),
        FeaturePoint("1.1", 101, 121),
        FeaturePoint("2.1", 102, 122),
    )
    assert "101" not in repr(image)
    assert repr(JPEG[:4])[2:-1] not in repr(image)
    assert len(repr(image)) < 300


# --- what is said falsely -------------------------------------------------------------------------------------------


def test_kind_and_size_are_those_of_the_bytes() -> None:
    image = only(templates(record([Face(JPEG, data_type=1, size=(337, 449))])))
    assert (image.kind, image.width, image.height) == ("JPEG", *SIZE)
    assert image.deviations == (Reason.IMAGE_TYPE_DIFFERS, Reason.IMAGE_SIZE_DIFFERS)
    other = only(templates(extensible(Face(JP2, data_type=0, size=(1, 1)))))
    assert other.deviations == (Reason.IMAGE_TYPE_DIFFERS, Reason.IMAGE_SIZE_DIFFERS)


def test_a_png_is_refused_whatever_it_is_called() -> None:
    for said in (0, 1):
        refused(templates(record([Face(png(JPEG), data_type=said)])), Reason.IMAGE_FORMAT)
    refused(templates(record([Face(JPEG, data_type=9)])), Reason.IMAGE_FORMAT)
    refused(templates(extensible(Face(JPEG, data_type=9))), Reason.IMAGE_FORMAT)


def test_lengths_that_lie_are_refused() -> None:
    whole = len(record([Face(JPEG)]))
    for length in (0, 14, whole - 9, whole + 1, 0xFFFFFFFF):
        refused(templates(record([Face(JPEG)], length=length)), Reason.RECORD_LENGTH)
    block = len(Face(JPEG).of_2005())
    for length in (block + 1, 0xFFFFFFFF, block - 9):
        refused(templates(record([Face(JPEG, length=length)])), Reason.RECORD_LENGTH)
    for length, reason in ((0, Reason.TRUNCATED), (4, Reason.TRUNCATED), (31, Reason.RECORD_LENGTH)):
        refused(templates(record([Face(JPEG, length=length)])), reason)


def test_bytes_that_real_passports_leave_over_are_shown() -> None:
    whole = len(record([Face(JPEG)]))
    for left_over in (1, 8):  # the United Kingdom's, New Zealand's
        image = only(templates(record([Face(JPEG)], length=whole - left_over)))
        assert image.deviations == (Reason.RECORD_LENGTH,)
    image = only(templates(record([Face(JPEG)]) + bytes(8)))
    assert image.deviations == (Reason.RECORD_LENGTH,)
    refused(templates(record([Face(JPEG)]) + bytes(9)), Reason.RECORD_LENGTH)


def test_counts_that_lie_are_refused() -> None:
    for count in (0, 10, 65535):
        refused(templates(record([Face(JPEG)], count=count)), Reason.FACE_COUNT)
    refused(templates(record([Face(JPEG)], count=2)), Reason.TRUNCATED)
    refused(templates(record([Face(JPEG), Face(JP2)], count=1)), Reason.RECORD_LENGTH)
    refused(templates(record([Face(JPEG)]), said=2), Reason.FACE_COUNT)
    refused(templates(*[record([Face(JPEG)])] * 10), Reason.FACE_COUNT)
    refused(templates(), Reason.NO_PORTRAIT)
    refused(templates(record([Face(JPEG, points_said=257)])), Reason.FACE_RECORD)


def test_versions_that_passports_do_not_use_are_refused() -> None:
    good = record([Face(JPEG)])
    for version in (b"020\0", b"011\0", b"0100", b"\0\0\0\0"):
        refused(templates(good[:4] + version + good[8:]), Reason.FACE_RECORD)
    certified = bytearray(record([Face(JPEG)], version="030"))
    certified[14] = 1
    refused(templates(bytes(certified)), Reason.FACE_RECORD)
    refused(templates(extensible(Face(JPEG)).replace(b"\x80\x01\x03", b"\x80\x01\x04", 1)), Reason.FACE_RECORD)
    refused(templates(b"\x30\x00"), Reason.FACE_RECORD)


def test_quality_records_of_2011_are_stepped_over() -> None:
    good = record([Face(JPEG)], version="030")
    block = bytearray(good[17:])
    block[18] = 2
    block[19:19] = struct.pack(">BHHBHH", 90, 1, 1, 80, 2, 2)
    block[:4] = struct.pack(">I", len(block))
    data = good[:8] + struct.pack(">I", 17 + len(block)) + good[12:17] + block
    assert only(templates(data)).data == JPEG


def test_another_biometric_is_no_portrait() -> None:
    refused(templates(record([Face(JPEG)])).replace(b"\x81\x01\x02", b"\x81\x01\x08"), Reason.NO_PORTRAIT)


def test_two_records_in_one_template_are_refused() -> None:
    blocks = [tlv(0x5F2E, record([Face(JPEG)])), tlv(0x7F2E, extensible(Face(JP2)))]
    group = tlv(0x02, b"\x01") + tlv(0x7F60, b"".join(blocks))
    refused(tlv(0x75, tlv(0x7F61, group)), Reason.NO_PORTRAIT)
    refused(tlv(0x75, tlv(0x7F61, tlv(0x02, b"\x01") + tlv(0x7F60, b""))), Reason.NO_PORTRAIT)


def test_long_lengths_inside_are_shown_and_outside_taken() -> None:
    inner = tlv(0x02, b"\x01") + tlv(0x7F60, tlv(0x5F2E, record([Face(STREAM)])))
    longer = b"\x7f\x61\x83" + len(inner).to_bytes(3, "big") + inner
    assert only(tlv(0x75, longer)).deviations == (Reason.LENGTH_NOT_SHORTEST,)
    good = tlv(0x7F61, inner)
    for odd in (b"\x75\x83" + len(good).to_bytes(3, "big") + good, tlv(0x75, good) + b"\0"):
        assert only(odd) == only(tlv(0x75, good))  # the check of files tells of it
    refused(tlv(0x75, good) + b"\1", Reason.TRAILING_BYTES)
    refused(tlv(0x61, good), Reason.UNEXPECTED_TAG)


@pytest.mark.parametrize("standard", [OF_2005, OF_2011, OF_2019])
def test_no_part_of_a_file_is_taken(standard: str) -> None:
    whole = dg2(JPEG, standard=standard.removeprefix("ISO/IEC "))
    for end in [*range(200), len(whole) // 2, len(whole) - 1]:
        with pytest.raises(Refused):
            portraits(whole[:end])


@given(st.sampled_from([OF_2005, OF_2011, OF_2019]), st.data())
def test_no_mutant_brings_anything_but_refusal(standard: str, data: st.DataObject) -> None:
    mutant = bytearray(dg2(STREAM, JPEG, standard=standard.removeprefix("ISO/IEC ")))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.one_of(st.integers(0, 160), st.integers(0, len(mutant) - 1)))
        mutant[at] = data.draw(st.integers(0, 255))
    try:
        found = portraits(bytes(mutant))
    except Refused:
        return
    for image in found:
        assert image.data in bytes(mutant)
