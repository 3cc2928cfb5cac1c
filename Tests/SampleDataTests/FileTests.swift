import Testing

@testable import SampleData

@Suite("Files that are attached hold what they promise")
struct FileTests {
    /// The main patient's files, and those of whose heart fibrillates, by their type.
    private static func files(_ type: String) throws -> [[UInt8]] {
        let population = SamplePopulation(seed: 1, patients: 12)
        return try [0, 6, 11].flatMap { index in
            try population.patient(index).records.flatMap(\.uploads).flatMap(\.entries)
                .filter { try $0.type == "Binary" && $0.text("contentType") == type }
                .map { try $0.content }
        }
    }

    private func text(_ bytes: [UInt8], _ range: Range<Int>) -> String {
        String(decoding: bytes[range], as: UTF8.self).trimmed
    }

    // MARK: EDF

    private func leads(_ file: [UInt8]) throws -> [[Int]] {
        let header = try #require(Int(text(file, 184..<192)))
        let records = try #require(Int(text(file, 236..<244)))
        let count = try #require(Int(text(file, 252..<256)))
        var leads = [[Int]](repeating: [], count: count)
        var place = header
        for _ in 0..<records {
            for lead in 0..<count {
                for _ in 0..<500 {
                    let bits = UInt16(file[place]) | UInt16(file[place + 1]) << 8
                    leads[lead].append(Int(Int16(bitPattern: bits)))
                    place += 2
                }
            }
        }
        #expect(place == file.count)
        return leads
    }

    @Test func ecgsAreEDF() throws {
        let files = try Self.files("application/edf")
        #expect(files.count >= 3)
        for file in files {
            #expect(file[..<(256 * 13)].allSatisfy { (0x20...0x7e).contains($0) })
            #expect(text(file, 0..<8) == "0")
            #expect(text(file, 184..<192) == "\(256 * 13)")
            #expect(text(file, 236..<244) == "10" && text(file, 244..<252) == "1")
            let labels = (0..<12).map { text(file, (256 + 16 * $0)..<(272 + 16 * $0)) }
            #expect(labels == ECGSignal.names.map { "ECG \($0)" })
            let units = 256 + 12 * (16 + 80)
            #expect(text(file, units..<(units + 8)) == "uV")
            #expect(file.count == 256 * 13 + 12 * 5_000 * 2)
        }
    }

    /// Einthoven and Goldberger, up to the rounding of halves.
    @Test func leadsFitTogether() throws {
        for file in try Self.files("application/edf") {
            let leads = try leads(file)
            for sample in 0..<5_000 {
                let (one, two) = (leads[0][sample], leads[1][sample])
                #expect(leads[2][sample] == two - one)
                #expect(abs(2 * leads[3][sample] + one + two) <= 1)
                #expect(abs(2 * leads[4][sample] - 2 * one + two) <= 1)
                #expect(abs(2 * leads[5][sample] - 2 * two + one) <= 1)
            }
            #expect((700...2_000).contains(leads[1].max() ?? 0))
        }
    }

    /// R waves come evenly where the rhythm is a sinus rhythm, and not at all evenly else; there
    /// are as many as the rate says.
    @Test(arguments: [false, true]) func rhythmsCanBeSeen(isFibrillating: Bool) throws {
        let rhythm = HeartRhythm(
            rate: 78, isFibrillating: isFibrillating, age: 60, trait: 0)
        for seed in 0..<20 as Range<UInt64> {
            let lead = ECGSignal(rhythm, seed: seed).leads[1].map { Int($0) }
            let peaks = (1..<(lead.count - 1)).filter { place in
                lead[place] > 600
                    && lead[max(place - 60, 0)...min(place + 60, lead.count - 1)].max()
                        == lead[place]
            }
            let cycles = zip(peaks.dropFirst(), peaks).map { $0 - $1 }.filter { $0 > 5 }
            #expect((9...17).contains(cycles.count), "\(cycles)")
            let spread = Double((cycles.max() ?? 0) - (cycles.min() ?? 0))
            let mean = Double(cycles.reduce(0, +)) / Double(cycles.count)
            #expect(isFibrillating == (spread / mean > 0.25), "\(seed): \(cycles)")
        }
    }

    // MARK: DICOM

    @Test func radiographsAreDICOM() throws {
        let files = try Self.files("application/dicom")
        #expect(files.count >= 2)
        for file in files {
            #expect(file[..<128].allSatisfy { $0 == 0 })
            #expect(text(file, 128..<132) == "DICM")
            let elements = try DICOMReading.elements(file)
            let tags = elements.map(\.tag)
            #expect(tags == tags.sorted() && Set(tags).count == tags.count)
            func value(_ tag: UInt32) -> [UInt8] { elements.first { $0.tag == tag }?.value ?? [] }
            func number(_ tag: UInt32) -> Int {
                value(tag).reversed().reduce(0) { $0 << 8 | Int($1) }
            }
            let meta = elements.filter { $0.tag >> 16 == 2 }.dropFirst()
            let metaBytes = meta.reduce(0) { $0 + $1.size }
            #expect(number(0x0002_0000) == metaBytes)
            #expect(value(0x0002_0003) == value(0x0008_0018))
            #expect(number(0x0028_0010) == 384 && number(0x0028_0011) == 384)
            #expect(number(0x0028_0101) == 12)
            let pixels = value(0x7fe0_0010)
            #expect(pixels.count == 384 * 384 * 2)
            let brightness = stride(from: 0, to: pixels.count, by: 2).map {
                Int(pixels[$0]) | Int(pixels[$0 + 1]) << 8
            }
            #expect(brightness.allSatisfy { $0 < 4_096 })
            // Air beside the body, lung, and the heart before the spine.
            func mean(_ row: Int, _ column: Int) -> Int {
                (0..<64).reduce(0) {
                    $0 + brightness[(row + $1 / 8) * 384 + column + $1 % 8]
                } / 64
            }
            #expect(mean(340, 4) < 400)
            #expect(mean(140, 90) < mean(230, 190) - 500)
            for tag in [0x0008_0018, 0x0020_000d, 0x0020_000e] as [UInt32] {
                let uid = String(decoding: value(tag).filter { $0 != 0 }, as: UTF8.self)
                #expect(uid.hasPrefix("2.25.") && uid.count <= 64, "\(uid)")
            }
        }
    }

    /// The FHIR resources and the file name the same study.
    @Test func theStudyIsTheFiles() throws {
        let population = SamplePopulation(seed: 1, patients: 1)
        let entries = Sampling.entries(population.patient(0), .hospital)
        let study = try #require(entries.first { $0.type == "ImagingStudy" })
        let file = try #require(
            try entries.first { try $0.text("contentType") == "application/dicom" })
        let element = try DICOMReading.elements(try file.content).first { $0.tag == 0x0020_000d }
        let uid = String(decoding: (element?.value ?? []).filter { $0 != 0 }, as: UTF8.self)
        #expect(try study.text("identifier", "0", "value") == "urn:oid:\(uid)")
    }

    // MARK: PDF

    @Test func reportsArePDF() throws {
        let files = try Self.files("application/pdf")
        #expect(files.count >= 3)
        for file in files {
            #expect(text(file, 0..<8) == "%PDF-1.4")
            let all = String(decoding: file.map { $0 < 0x80 ? $0 : 0x3f }, as: UTF8.self)
            let lines = all.split(separator: "\n", omittingEmptySubsequences: false).map(
                String.init)
            #expect(lines.suffix(2) == ["%%EOF", ""])
            let start = try #require(Int(lines[lines.count - 3]))
            #expect(text(file, start..<(start + 4)) == "xref")
            let table = try #require(lines.lastIndex(of: "xref"))
            let count = try #require(Int(lines[table + 1].split(separator: " ")[1]))
            for object in 1..<count {
                let entry = lines[table + 2 + object]
                #expect(entry.count == 19 && entry.hasSuffix(" 00000 n "))
                let offset = try #require(Int(entry.prefix(10)))
                let head = "\(object) 0 obj"
                #expect(text(file, offset..<(offset + head.count)) == head)
            }
            try checkStreams(file, lines)
        }
    }

    /// `/Length` is what lies between `stream` and `endstream`.
    private func checkStreams(_ file: [UInt8], _ lines: [String]) throws {
        var offset = 0
        var streams = 0
        for (number, line) in lines.enumerated() {
            if line == "stream" {
                let words = lines[number - 1].split(separator: " ")
                let length = try #require(words.dropLast().last.flatMap { Int($0) })
                let end = offset + 7 + length
                #expect(text(file, end..<(end + 10)) == "endstream")
                streams += 1
            }
            offset += line.utf8.count + 1
        }
        #expect(streams >= 1)
    }
}

extension String {
    fileprivate var trimmed: String {
        var text = self[...]
        while text.last == " " || text.last == "\n" { text.removeLast() }
        while text.first == " " || text.first == "\n" { text.removeFirst() }
        return String(text)
    }
}

/// A second, independent look at DICOM's elements.
enum DICOMReading {
    struct Element {
        let tag: UInt32
        let value: [UInt8]
        let size: Int
    }

    static func elements(_ file: [UInt8]) throws -> [Element] {
        var elements: [Element] = []
        var place = 132
        func number(_ start: Int, _ count: Int) -> Int {
            (0..<count).reversed().reduce(0) { $0 << 8 | Int(file[start + $1]) }
        }
        while place < file.count {
            let tag = UInt32(number(place, 2)) << 16 | UInt32(number(place + 2, 2))
            let kind = String(decoding: file[(place + 4)..<(place + 6)], as: UTF8.self)
            let isLong = kind == "OB" || kind == "OW"
            let length = isLong ? number(place + 8, 4) : number(place + 6, 2)
            let start = place + (isLong ? 12 : 8)
            try #require(length.isMultiple(of: 2) && start + length <= file.count)
            elements.append(
                Element(
                    tag: tag, value: Array(file[start..<(start + length)]),
                    size: start + length - place))
            place = start + length
        }
        return elements
    }
}
