"""Opens what torch.save() wrote, without executing any of it: the ZIP archive of torch 1.6 and
later, and the plain sequence of pickles of before."""

import io
import os
import struct
import zipfile

import torch

from .errors import ConvertError
from .pickle_machine import STORAGE_BYTES, PickleMachine

MAX_FILE_BYTES = 2 << 30
MAX_PICKLE_BYTES = 64 << 20
MAX_TENSOR_BYTES = 256 << 20

_DTYPES = {
    "DoubleStorage": torch.float64,
    "FloatStorage": torch.float32,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
}
_LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
_LEGACY_PROTOCOL = 1001


class _PickleStream:
    """The pickles of a file, up to a bound. Python takes memory for what a read asks for before it
    knows what is there, and a damaged length may ask for anything."""

    def __init__(self, file, size):
        self._file = file
        self._left = min(size, MAX_PICKLE_BYTES)

    def read(self, count):
        return self._counted(self._file.read(min(count, self._left)))

    def readline(self):
        return self._counted(self._file.readline(self._left))

    def _counted(self, data):
        self._left -= len(data)
        return data


class TorchFile:
    """`content`: the saved object; its tensors are TensorRef, to be read with `tensor`."""

    def __init__(self, path):
        try:
            size = os.stat(path).st_size
            if size > MAX_FILE_BYTES:
                raise ConvertError(f"{size} bytes, more than {MAX_FILE_BYTES}")
            self._file = open(path, "rb")
        except OSError as error:
            raise ConvertError(error.strerror or str(error)) from None
        try:
            start = self._file.read(512)
            self._file.seek(0)
            if start[:4] == b"PK\x03\x04":
                self._open_zip()
            elif start[:1] == b"\x80":
                self._open_legacy(size)
            elif start[257:262] == b"ustar":
                raise ConvertError("is a tar archive; AtomAI's .tar files are ZIP archives")
            else:
                raise ConvertError("is not a file that torch.save() wrote")
        except BaseException:
            self._file.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()

    # A ZIP archive <name>/data.pkl, <name>/data/<key>, … without compression.

    def _open_zip(self):
        try:
            self._zip = zipfile.ZipFile(self._file)
            self._entries = {}
            for entry in self._zip.infolist():
                self._entries[entry.filename.partition("/")[2]] = entry
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, struct.error) as error:
            raise ConvertError(f"is cut off or broken: {error}") from None
        self._storage_bytes = self._zip_bytes
        if "data.pkl" not in self._entries:
            raise ConvertError("holds no data.pkl: not a file that torch.save() wrote")
        if "constants.pkl" in self._entries:
            raise ConvertError("is TorchScript already")
        if "byteorder" in self._entries and self._read("byteorder", 16) != b"little":
            raise ConvertError("was saved on a machine with another byte order")
        self.content = PickleMachine(io.BytesIO(self._read("data.pkl", MAX_PICKLE_BYTES))).run()

    def _read(self, name, limit):
        entry = self._entries.get(name)
        if entry is None:
            raise ConvertError(f"{name}: is missing")
        if entry.compress_type != zipfile.ZIP_STORED or entry.file_size != entry.compress_size:
            raise ConvertError(f"{name}: is compressed, as torch.save() never does")
        if entry.file_size > limit:
            raise ConvertError(f"{name}: {entry.file_size} bytes, more than {limit}")
        try:
            return self._zip.read(entry)  # Compares the CRC.
        except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError,
                RuntimeError, struct.error) as error:  # fmt: skip
            raise ConvertError(f"{name}: is cut off or broken: {error}") from None

    def _zip_bytes(self, storage):
        return self._read(f"data/{storage.key}", MAX_TENSOR_BYTES)

    # Pickles one after the other (magic number, protocol, system, object, keys), then the storages:
    # number of elements and bytes, in the order of the keys.

    def _open_legacy(self, size):
        stream = _PickleStream(self._file, size)
        if PickleMachine(stream).run() != _LEGACY_MAGIC:
            raise ConvertError("is a pickle, but not one that torch.save() wrote")
        protocol = PickleMachine(stream).run()
        if protocol != _LEGACY_PROTOCOL:
            raise ConvertError(f"has the unknown torch protocol {protocol}")
        system = PickleMachine(stream).run()
        if not isinstance(system, dict) or system.get("little_endian") is not True:
            raise ConvertError("was saved on a machine with another byte order")
        machine = PickleMachine(stream)
        self.content = machine.run()
        keys = PickleMachine(stream).run()
        if not isinstance(keys, list):
            raise ConvertError("is broken: no list of storages")
        self._places = {}
        place = self._file.tell()
        for key in keys:
            storage = machine.storages.get(key) if isinstance(key, str) else None
            if storage is None:
                raise ConvertError(f"is broken: nothing uses the storage {key!r}")
            self._file.seek(place)
            if self._file.read(8) != struct.pack("<q", storage.count):
                raise ConvertError(f"is cut off or broken: storage {key}")
            self._places[key] = place + 8
            place += 8 + storage.count * STORAGE_BYTES[storage.kind]
        if place > size:
            raise ConvertError(f"is cut off: {size} bytes where {place} should be")
        self._storage_bytes = self._legacy_bytes

    def _legacy_bytes(self, storage):
        count = storage.count * STORAGE_BYTES[storage.kind]
        if storage.key not in self._places or count > MAX_TENSOR_BYTES:
            raise ConvertError(f"storage {storage.key}: is missing, or has {count} bytes")
        self._file.seek(self._places[storage.key])
        return self._file.read(count)

    def tensor(self, reference):
        """A copy of what `reference` stands for, in its own type."""
        storage = reference.storage
        element = STORAGE_BYTES[storage.kind]
        count = 1
        last = reference.offset
        for length, stride in zip(reference.shape, reference.stride):
            count *= length
            last += (length - 1) * stride
        if count * element > MAX_TENSOR_BYTES or (count > 0 and last >= storage.count):
            raise ConvertError(f"shape {reference.shape} reaches beyond its storage")
        data = self._storage_bytes(storage)
        if len(data) != storage.count * element:
            raise ConvertError(
                f"{len(data)} bytes are stored where {storage.count * element} should be"
            )
        dtype = _DTYPES[storage.kind]
        if count == 0:
            return torch.empty(reference.shape, dtype=dtype)
        flat = torch.frombuffer(bytearray(data), dtype=dtype)
        return flat.as_strided(reference.shape, reference.stride, reference.offset).clone()
