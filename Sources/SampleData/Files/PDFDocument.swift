/// A PDF 1.4 file (ISO 32000-1) with the fonts that every reader has.
struct PDFDocument {
    /// A4, in points.
    static let width = 595
    static let height = 842

    /// What readers show in their window's title.
    let title: String
    /// `D:YYYYMMDDhhmmssZ`.
    let created: String
    let pages: [PDFPage]

    /// Objects in the order of their numbers: catalogue, pages, fonts, information, then two for
    /// each page. The cross-reference table says where each begins.
    var bytes: [UInt8] {
        var file = Array("%PDF-1.4\n%".utf8) + [0xe2, 0xe3, 0xcf, 0xd3, 0x0a]
        var offsets: [Int] = []
        for (index, object) in objects.enumerated() {
            offsets.append(file.count)
            file += Array("\(index + 1) 0 obj\n".utf8) + object + Array("\nendobj\n".utf8)
        }
        let start = file.count
        var table = "xref\n0 \(offsets.count + 1)\n0000000000 65535 f \n"
        for offset in offsets { table += "\(Digits.padded(offset, 10)) 00000 n \n" }
        let information = PDFFont.allCases.count + 3
        table += "trailer\n<< /Size \(offsets.count + 1) /Root 1 0 R /Info \(information) 0 R >>\n"
        return file + Array("\(table)startxref\n\(start)\n%%EOF\n".utf8)
    }

    private var objects: [[UInt8]] {
        let fonts = PDFFont.allCases
        let first = fonts.count + 4
        let kids = pages.indices.map { "\(first + 2 * $0) 0 R" }.joined(separator: " ")
        let resources = fonts.enumerated().map { "/\($1.name) \($0 + 3) 0 R" }
            .joined(separator: " ")
        var objects = [
            Array("<< /Type /Catalog /Pages 2 0 R >>".utf8),
            Array("<< /Type /Pages /Kids [\(kids)] /Count \(pages.count) >>".utf8),
        ]
        for font in fonts {
            objects.append(
                Array(
                    ("<< /Type /Font /Subtype /Type1 /BaseFont /\(font.rawValue) "
                        + "/Encoding /WinAnsiEncoding >>").utf8))
        }
        objects.append(
            Array("<< /Title ".utf8) + PDFPage.string(title)
                + Array(" /CreationDate (\(created)) /Producer (Cairn sample data) >>".utf8))
        for (index, page) in pages.enumerated() {
            let content = first + 2 * index + 1
            let box = "[0 0 \(PDFDocument.width) \(PDFDocument.height)]"
            let parts = [
                "<< /Type /Page /Parent 2 0 R /MediaBox \(box) /Contents \(content) 0 R",
                "/Resources << /Font << \(resources) >> >> >>",
            ]
            objects.append(Array(parts.joined(separator: " ").utf8))
            objects.append(
                Array("<< /Length \(page.content.count) >>\nstream\n".utf8) + page.content
                    + Array("\nendstream".utf8))
        }
        return objects
    }
}

/// The fonts that are used.
enum PDFFont: String, CaseIterable {
    case regular = "Helvetica"
    case bold = "Helvetica-Bold"
    case serif = "Times-Roman"

    /// As pages call it.
    var name: String {
        switch self {
        case .regular: "F1"
        case .bold: "F2"
        case .serif: "F3"
        }
    }

    /// Widths of Helvetica from the space to the tilde, in thousandths of its size (Adobe's font
    /// metrics). Digits are as wide in bold.
    private static let widths = [
        278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556,
        556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722,
        722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722,
        667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556,
        556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500,
        500, 334, 260, 334, 584,
    ]

    /// How wide a text in Helvetica is, in points.
    static func width(_ text: String, size: Double) -> Double {
        let units = LatinText.windows(text).reduce(0) { sum, byte in
            let place = Int(byte) - 0x20
            return sum + (widths.indices.contains(place) ? widths[place] : 556)
        }
        return Double(units) * size / 1_000
    }
}

/// What is drawn on one page, as the operators of a content stream. Places are in points from the
/// lower left.
struct PDFPage {
    private(set) var content: [UInt8] = []

    /// Colours of the console: see its tokens.
    enum Ink: String {
        case ink = "0.11 0.125 0.141"
        case quiet = "0.42 0.44 0.46"
        case rule = "0.89 0.88 0.85"
        case accent = "0.043 0.431 0.431"
        case danger = "0.639 0.129 0.114"
        case band = "0.85 0.92 0.91"
    }

    mutating func text(
        _ text: String, _ x: Double, _ y: Double, _ font: PDFFont = .regular, size: Double = 9,
        ink: Ink = .ink
    ) {
        add("BT \(ink.rawValue) rg /\(font.name) \(number(size)) Tf \(number(x)) \(number(y)) Td ")
        content += PDFPage.string(text)
        add(" Tj ET\n")
    }

    /// A text that ends at `x`.
    mutating func text(
        endingAt x: Double, _ text: String, _ y: Double, _ font: PDFFont = .regular,
        size: Double = 9, ink: Ink = .ink
    ) {
        self.text(text, x - PDFFont.width(text, size: size), y, font, size: size, ink: ink)
    }

    /// A unit; what follows a `^` is raised.
    mutating func unit(_ unit: String, _ x: Double, _ y: Double, size: Double = 9) {
        let parts = unit.split(separator: "^", maxSplits: 1).map(String.init)
        text(parts[0], x, y, size: size, ink: .quiet)
        guard parts.count == 2 else { return }
        let power = String(parts[1].prefix { $0.isNumber })
        let rest = String(parts[1].dropFirst(power.count))
        let after = x + PDFFont.width(parts[0], size: size) + 0.4
        text(power, after, y + 0.34 * size, size: size * 0.68, ink: .quiet)
        let end = after + PDFFont.width(power, size: size * 0.68) + 0.4
        text(rest, end, y, size: size, ink: .quiet)
    }

    mutating func line(
        _ x: Double, _ y: Double, to end: Double, width: Double = 0.5, ink: Ink = .rule
    ) {
        add("\(ink.rawValue) RG \(number(width)) w \(number(x)) \(number(y)) m ")
        add("\(number(end)) \(number(y)) l S\n")
    }

    mutating func fill(
        _ x: Double, _ y: Double, _ width: Double, _ height: Double, ink: Ink
    ) {
        add(
            "\(ink.rawValue) rg \(number(x)) \(number(y)) \(number(width)) \(number(height)) re f\n"
        )
    }

    private mutating func add(_ text: String) { content += Array(text.utf8) }

    private func number(_ value: Double) -> String { Decimal(value, digits: 2).text }

    /// A literal string.
    static func string(_ text: String) -> [UInt8] {
        var bytes = [UInt8(ascii: "(")]
        for byte in LatinText.windows(text) {
            if [UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "\\")].contains(byte) {
                bytes.append(UInt8(ascii: "\\"))
            }
            bytes.append(byte)
        }
        return bytes + [UInt8(ascii: ")")]
    }
}
