/// A search entry with its names as numbers: what a search row holds, and its packed form.
///
/// Packed: parameter varint · kind byte · then token: system varint, code; string: text; date: low
/// and high, 8 bytes little-endian each; reference: type varint, target. The text goes to the end.
enum PackedEntry {
    case token(parameter: Int64, system: Int64, code: String)
    case string(parameter: Int64, value: String)
    case date(parameter: Int64, low: Int64, high: Int64)
    case reference(parameter: Int64, type: Int64, target: String)

    func encoded() -> [UInt8] {
        var bytes = [UInt8]()
        bytes.reserveCapacity(24)
        switch self {
        case .token(let parameter, let system, let code):
            bytes.append(varint: UInt64(parameter))
            bytes.append(PackedView.tokenKind)
            bytes.append(varint: UInt64(system))
            bytes.append(contentsOf: code.utf8)
        case .string(let parameter, let value):
            bytes.append(varint: UInt64(parameter))
            bytes.append(PackedView.stringKind)
            bytes.append(contentsOf: value.utf8)
        case .date(let parameter, let low, let high):
            bytes.append(varint: UInt64(parameter))
            bytes.append(PackedView.dateKind)
            bytes.append(littleEndian: low)
            bytes.append(littleEndian: high)
        case .reference(let parameter, let type, let target):
            bytes.append(varint: UInt64(parameter))
            bytes.append(PackedView.referenceKind)
            bytes.append(varint: UInt64(type))
            bytes.append(contentsOf: target.utf8)
        }
        return bytes
    }

    /// All entries of a resource: each one's length as varint, then itself.
    static func join(_ entries: some Sequence<[UInt8]>) -> [UInt8] {
        var bytes = [UInt8]()
        for entry in entries {
            bytes.append(varint: UInt64(entry.count))
            bytes += entry
        }
        return bytes
    }

    init(_ view: PackedView) {
        func text(_ bytes: UnsafeRawBufferPointer) -> String {
            String(decoding: bytes, as: UTF8.self)
        }
        switch view.value {
        case .token(let system, let code):
            self = .token(parameter: view.parameter, system: system, code: text(code))
        case .string(let value): self = .string(parameter: view.parameter, value: text(value))
        case .date(let low, let high):
            self = .date(parameter: view.parameter, low: low, high: high)
        case .reference(let type, let target):
            self = .reference(parameter: view.parameter, type: type, target: text(target))
        }
    }
}

/// A packed entry read in place; its buffers live as long as the bytes it was read from.
struct PackedView {
    enum Value {
        case token(system: Int64, code: UnsafeRawBufferPointer)
        case string(UnsafeRawBufferPointer)
        case date(low: Int64, high: Int64)
        case reference(type: Int64, target: UnsafeRawBufferPointer)
    }

    static let tokenKind: UInt8 = 1
    static let stringKind: UInt8 = 2
    static let dateKind: UInt8 = 3
    static let referenceKind: UInt8 = 4

    let parameter: Int64
    let value: Value

    init?(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes
        guard let parameter = rest.takeVarint(), let kind = rest.first else { return nil }
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst())
        self.parameter = parameter
        switch kind {
        case PackedView.tokenKind:
            guard let system = rest.takeVarint() else { return nil }
            value = .token(system: system, code: rest)
        case PackedView.stringKind: value = .string(rest)
        case PackedView.dateKind:
            guard rest.count == 16 else { return nil }
            value = .date(
                low: Int64(littleEndian: rest.loadUnaligned(as: Int64.self)),
                high: Int64(littleEndian: rest.loadUnaligned(fromByteOffset: 8, as: Int64.self)))
        case PackedView.referenceKind:
            guard let type = rest.takeVarint() else { return nil }
            value = .reference(type: type, target: rest)
        default: return nil
        }
    }

    /// Visits the entries in `bytes`; `false` if they are malformed. The visitor's `false` stops.
    static func forEach(
        _ bytes: UnsafeRawBufferPointer, _ visit: (UnsafeRawBufferPointer) throws -> Bool
    ) rethrows -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            guard let count = rest.takeVarint(), count <= rest.count else { return false }
            let entry = UnsafeRawBufferPointer(rebasing: rest[..<Int(count)])
            rest = UnsafeRawBufferPointer(rebasing: rest[Int(count)...])
            if try !visit(entry) { return true }
        }
        return true
    }
}

extension [UInt8] {
    /// LEB128.
    fileprivate mutating func append(varint value: UInt64) {
        var value = value
        while value >= 0x80 {
            append(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        append(UInt8(value))
    }
}

extension UnsafeRawBufferPointer {
    /// Reads a LEB128 number below 2^63 and steps over it.
    fileprivate mutating func takeVarint() -> Int64? {
        var value: UInt64 = 0
        for index in 0..<Swift.min(count, 9) {
            value |= UInt64(self[index] & 0x7F) << UInt64(7 * index)
            if self[index] < 0x80 {
                self = UnsafeRawBufferPointer(rebasing: self[(index + 1)...])
                return Int64(value)
            }
        }
        return nil
    }
}
