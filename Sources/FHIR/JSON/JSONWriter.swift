/// Appends JSON to a byte array, commas included. The caller keeps begin and end in balance.
///
/// It writes our own output only (outcomes, bundles around stored resources), so that it knows
/// no numbers but integers.
package struct JSONWriter {
    package private(set) var bytes: [UInt8] = []
    /// Whether the next value needs a comma before it.
    private var needsComma = false

    /// An empty text with room for so many bytes.
    package init(capacityBytes: Int = 256) {
        bytes.reserveCapacity(capacityBytes)
    }

    /// Open an object.
    package mutating func beginObject() { begin(UInt8(ascii: "{")) }
    /// Close the innermost object.
    package mutating func endObject() { end(UInt8(ascii: "}")) }
    /// Open an array.
    package mutating func beginArray() { begin(UInt8(ascii: "[")) }
    /// Close the innermost array.
    package mutating func endArray() { end(UInt8(ascii: "]")) }

    /// A member's name; its value must follow.
    package mutating func key(_ name: String) {
        separate()
        JSONText.appendQuoted(name.utf8, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// A string value.
    package mutating func string(_ text: String) {
        separate()
        JSONText.appendQuoted(text.utf8, to: &bytes)
        needsComma = true
    }

    /// A number value.
    package mutating func integer(_ value: Int) {
        separate()
        bytes.append(contentsOf: String(value).utf8)
        needsComma = true
    }

    /// A boolean value.
    package mutating func boolean(_ value: Bool) {
        separate()
        bytes.append(contentsOf: (value ? "true" : "false").utf8)
        needsComma = true
    }

    /// A value that is JSON already, for instance a stored resource.
    package mutating func raw<Bytes: Collection>(_ json: Bytes) where Bytes.Element == UInt8 {
        separate()
        bytes.append(contentsOf: json)
        needsComma = true
    }

    /// A member with a string.
    package mutating func member(_ name: String, _ text: String) {
        key(name)
        string(text)
    }

    private mutating func begin(_ byte: UInt8) {
        separate()
        bytes.append(byte)
        needsComma = false
    }

    private mutating func end(_ byte: UInt8) {
        bytes.append(byte)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
    }
}
