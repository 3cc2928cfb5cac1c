/// The lexical rules of the R4 primitives (http://hl7.org/fhir/R4/datatypes.html), by hand.
enum PrimitiveFormat {
    /// Longest string: "Note that strings SHALL NOT exceed 1MB (1024*1024 characters) in size".
    static let stringBytesMax = 1 << 20
    /// "Ids can be up to 64 characters long."
    static let idBytesMax = 64

    /// What is wrong with a value of a primitive type, nil where nothing is.
    static func problem(
        _ text: ArraySlice<UInt8>, _ kind: PrimitiveKind
    ) -> (code: Issue.Code, text: String)? {
        if kind == .xhtml { return Narrative.problem(text).map { (.invalid, $0) } }
        if kind == .string || kind == .markdown || kind == .code, text.count > stringBytesMax {
            return (.tooLong, "A string is no longer than \(stringBytesMax) bytes")
        }
        return isValid(text, kind) ? nil : (.value, "Not a valid \(kind.rawValue)")
    }

    private static func isValid(_ text: ArraySlice<UInt8>, _ kind: PrimitiveKind) -> Bool {
        switch kind {
        case .boolean, .decimal, .xhtml: true
        case .string, .markdown: isString(text)
        case .code: isCode(text)
        case .id: isID(text)
        case .uri, .url, .canonical: isURI(text)
        case .oid: isOID(text)
        case .uuid: isUUID(text)
        case .integer: isInteger(text, least: Int(Int32.min))
        case .unsignedInt: isInteger(text, least: 0)
        case .positiveInt: isInteger(text, least: 1)
        case .base64Binary: isBase64(text)
        case .date, .dateTime, .instant: isDate(text, kind)
        case .time: DateTimeParser.isTime(text)
        }
    }

    /// `[ \r\n\t\S]+`
    static func isString(_ text: ArraySlice<UInt8>) -> Bool {
        !text.isEmpty && text.allSatisfy { $0 >= 0x20 || ASCII.isBlank($0) }
    }

    /// `[^\s]+(\s[^\s]+)*`
    static func isCode(_ text: ArraySlice<UInt8>) -> Bool {
        var afterBlank = true
        for byte in text {
            let isBlank = byte <= 0x20
            if isBlank && afterBlank { return false }
            afterBlank = isBlank
        }
        return !afterBlank
    }

    /// `[A-Za-z0-9\-\.]{1,64}`
    static func isID(_ text: ArraySlice<UInt8>) -> Bool {
        (1...idBytesMax).contains(text.count)
            && text.allSatisfy {
                ASCII.isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
            }
    }

    /// `\S+`
    static func isURI(_ text: ArraySlice<UInt8>) -> Bool {
        !text.isEmpty && text.allSatisfy { $0 > 0x20 && $0 != 0x7F }
    }

    /// `urn:oid:[0-2](\.(0|[1-9][0-9]*))+`
    static func isOID(_ text: ArraySlice<UInt8>) -> Bool {
        guard text.starts(with: "urn:oid:".utf8) else { return false }
        let arcs = text.dropFirst(8).split(
            separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard arcs.count >= 2, let root = arcs.first, root.count == 1, let first = root.first,
            (0x30...0x32).contains(first)
        else { return false }
        return arcs.allSatisfy { arc in
            guard let first = arc.first, arc.allSatisfy(ASCII.isDigit) else { return false }
            return first != 0x30 || arc.count == 1
        }
    }

    /// `urn:uuid:` and a UUID in lower case.
    static func isUUID(_ text: ArraySlice<UInt8>) -> Bool {
        guard text.starts(with: "urn:uuid:".utf8), text.count == 45 else { return false }
        for (offset, byte) in text.dropFirst(9).enumerated() {
            switch offset {
            case 8, 13, 18, 23: if byte != UInt8(ascii: "-") { return false }
            default: if ASCII.hexValue(byte) == nil || ASCII.isUpper(byte) { return false }
            }
        }
        return true
    }

    /// A 32-bit number without fraction and exponent.
    private static func isInteger(_ text: ArraySlice<UInt8>, least: Int) -> Bool {
        // "-2147483648" has 11 bytes; JSON has no leading zeros.
        guard text.count <= 11 else { return false }
        var value = 0
        let isNegative = text.first == UInt8(ascii: "-")
        for byte in isNegative ? text.dropFirst() : text {
            guard ASCII.isDigit(byte) else { return false }
            value = value * 10 + Int(byte - 0x30)
        }
        if isNegative { value = -value }
        return value >= least && value <= Int(Int32.max) && !(isNegative && value == 0)
    }

    /// `(\s*([0-9a-zA-Z\+/=]){4}\s*)+`, and padding at the end only.
    static func isBase64(_ text: ArraySlice<UInt8>) -> Bool {
        var count = 0
        var padding = 0
        for byte in text {
            if ASCII.isBlank(byte) { continue }
            if byte == UInt8(ascii: "=") {
                padding += 1
            } else if padding > 0
                || !(ASCII.isAlphanumeric(byte) || byte == UInt8(ascii: "+")
                    || byte == UInt8(ascii: "/"))
            {
                return false
            }
            count += 1
        }
        return count > 0 && count % 4 == 0 && padding <= 2
    }

    private static func isDate(_ text: ArraySlice<UInt8>, _ kind: PrimitiveKind) -> Bool {
        guard let value = DateTimeParser.parse(text) else { return false }
        if value.precision <= .day { return kind != .instant }
        return kind != .date && value.precision >= .second && value.offsetMinutes != nil
    }
}
