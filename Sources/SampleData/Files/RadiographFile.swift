/// A radiograph as a DICOM file (PS3.5, PS3.10): Explicit VR Little Endian, not compressed.
struct RadiographFile {
    /// Computed Radiography Image Storage.
    static let storageClass = "1.2.840.10008.5.1.4.1.1.1"
    private static let explicitLittleEndian = "1.2.840.10008.1.2.1"
    /// Of the program that wrote it.
    private static let implementation = "2.25.302514880178451276402819371552706243041"

    let chart: Chart
    let phantom: ChestPhantom
    let taken: Moment
    let study: String
    let series: String
    let instance: String
    /// The ServiceRequest's reference.
    let order: String

    var bytes: [UInt8] {
        var meta = DICOMElements()
        meta.add(0x0002_0001, .otherBytes, [0, 1])
        meta.add(0x0002_0002, .uid, RadiographFile.storageClass)
        meta.add(0x0002_0003, .uid, instance)
        meta.add(0x0002_0010, .uid, RadiographFile.explicitLittleEndian)
        meta.add(0x0002_0012, .uid, RadiographFile.implementation)
        meta.add(0x0002_0013, .shortString, "CAIRN SAMPLE")
        var length = DICOMElements()
        length.add(0x0002_0000, long: UInt32(meta.bytes.count))
        return [UInt8](repeating: 0, count: 128) + Array("DICM".utf8) + length.bytes + meta.bytes
            + dataSet
    }

    private var dataSet: [UInt8] {
        var set = DICOMElements()
        addStudy(&set)
        addPatient(&set)
        addImage(&set)
        return set.bytes
    }

    private func addStudy(_ set: inout DICOMElements) {
        let date = taken.day.text.filter { $0 != "-" }
        let time = taken.clockText(separator: "")
        set.add(0x0008_0005, .codeString, "ISO_IR 192")
        set.add(0x0008_0008, .codeString, "ORIGINAL\\PRIMARY")
        set.add(0x0008_0016, .uid, RadiographFile.storageClass)
        set.add(0x0008_0018, .uid, instance)
        for tag in [0x0008_0020, 0x0008_0021, 0x0008_0022] { set.add(tag, .date, date) }
        for tag in [0x0008_0030, 0x0008_0031, 0x0008_0032] { set.add(tag, .time, time) }
        set.add(0x0008_0050, .shortString, String(order.split(separator: "/")[1].prefix(16)))
        set.add(0x0008_0060, .codeString, "CR")
        set.add(0x0008_0070, .longString, "Cairn sample data")
        set.add(0x0008_0080, .longString, chart.member.name)
        set.add(0x0008_0090, .personName, "")
        set.add(0x0008_1030, .longString, "Chest X-ray")
        set.add(0x0008_103e, .longString, "Chest PA")
    }

    private func addPatient(_ set: inout DICOMElements) {
        let person = chart.person
        set.add(0x0010_0010, .personName, "\(person.family)^\(person.given)")
        set.add(0x0010_0020, .longString, chart.number)
        set.add(0x0010_0030, .date, person.birth.text.filter { $0 != "-" })
        set.add(0x0010_0040, .codeString, person.sex == .female ? "F" : "M")
        set.add(0x0010_1010, .age, Digits.padded(person.age(on: taken.day), 3) + "Y")
        set.add(0x0018_0015, .codeString, "CHEST")
        set.add(0x0018_1164, .decimalString, "1\\1")
        set.add(0x0018_5101, .codeString, "PA")
        set.add(0x0020_000d, .uid, study)
        set.add(0x0020_000e, .uid, series)
        set.add(0x0020_0010, .shortString, "1")
        set.add(0x0020_0011, .integerString, "1")
        set.add(0x0020_0013, .integerString, "1")
        set.add(0x0020_0020, .codeString, "L\\F")
    }

    private func addImage(_ set: inout DICOMElements) {
        let size = UInt16(ChestPhantom.size)
        set.add(0x0028_0002, short: 1)
        set.add(0x0028_0004, .codeString, "MONOCHROME2")
        set.add(0x0028_0010, short: size)
        set.add(0x0028_0011, short: size)
        set.add(0x0028_0100, short: 16)
        set.add(0x0028_0101, short: 12)
        set.add(0x0028_0102, short: 11)
        set.add(0x0028_0103, short: 0)
        set.add(0x0028_1050, .decimalString, "1600")
        set.add(0x0028_1051, .decimalString, "3000")
        set.add(0x0028_2110, .codeString, "00")
        let pixels = phantom.pixels().flatMap {
            [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)]
        }
        set.add(0x7fe0_0010, .otherWords, pixels)
    }
}

/// Data elements in ascending order of their tags.
struct DICOMElements {
    private(set) var bytes: [UInt8] = []

    /// Value representations that are used, and with what a value of odd length is filled up.
    enum Representation: String {
        case age = "AS"
        case codeString = "CS"
        case date = "DA"
        case decimalString = "DS"
        case integerString = "IS"
        case longString = "LO"
        case otherBytes = "OB"
        case otherWords = "OW"
        case personName = "PN"
        case shortString = "SH"
        case time = "TM"
        case uid = "UI"
        case unsignedLong = "UL"
        case unsignedShort = "US"

        fileprivate var filler: UInt8 {
            switch self {
            case .uid, .otherBytes, .otherWords: 0
            default: 0x20
            }
        }

        /// Whether two reserved bytes and a length of four come before the value.
        fileprivate var isLong: Bool { self == .otherBytes || self == .otherWords }
    }

    mutating func add(_ tag: Int, _ representation: Representation, _ text: String) {
        add(tag, representation, Array(text.utf8))
    }

    mutating func add(_ tag: Int, short value: UInt16) {
        add(tag, .unsignedShort, DICOMElements.littleEndian(UInt64(value), 2))
    }

    mutating func add(_ tag: Int, long value: UInt32) {
        add(tag, .unsignedLong, DICOMElements.littleEndian(UInt64(value), 4))
    }

    mutating func add(_ tag: Int, _ representation: Representation, _ value: [UInt8]) {
        let filled = value.count.isMultiple(of: 2) ? value : value + [representation.filler]
        bytes += DICOMElements.littleEndian(UInt64(tag >> 16), 2)
        bytes += DICOMElements.littleEndian(UInt64(tag & 0xffff), 2)
        bytes += Array(representation.rawValue.utf8)
        if representation.isLong {
            bytes += [0, 0] + DICOMElements.littleEndian(UInt64(filled.count), 4)
        } else {
            bytes += DICOMElements.littleEndian(UInt64(filled.count), 2)
        }
        bytes += filled
    }

    private static func littleEndian(_ value: UInt64, _ count: UInt64) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}
