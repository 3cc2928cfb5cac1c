/// The media type of a file, by its first bytes or else its name.
package enum MediaType {
    /// Bytes that are looked at: DICOM's mark stands behind 128 others.
    package static let headBytes = 132

    package static func of(name: String, head: [UInt8]) -> String {
        if head.count >= 132, head[128..<132].elementsEqual("DICM".utf8) {
            return "application/dicom"
        }
        for (mark, type) in marks where head.starts(with: mark) { return type }
        let lower = name.lowercased()
        for (suffix, type) in suffixes where lower.hasSuffix(suffix) { return type }
        return "application/octet-stream"
    }

    private static let marks: [([UInt8], String)] = [
        (Array("%PDF-".utf8), "application/pdf"),
        ([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], "image/png"),
        ([0xff, 0xd8, 0xff], "image/jpeg"),
        (Array("GIF8".utf8), "image/gif"),
        ([0x49, 0x49, 0x2a, 0x00], "image/tiff"),
        ([0x4d, 0x4d, 0x00, 0x2a], "image/tiff"),
        (Array("MSH|".utf8), "x-application/hl7-v2+er7"),
        (Array("##fileformat=VCF".utf8), "text/plain"),
        (Array("{\\rtf".utf8), "application/rtf"),
        (Array("OggS".utf8), "audio/ogg"),
    ]

    private static let suffixes: [(String, String)] = [
        (".pdf", "application/pdf"), (".png", "image/png"), (".jpg", "image/jpeg"),
        (".jpeg", "image/jpeg"), (".gif", "image/gif"), (".tif", "image/tiff"),
        (".tiff", "image/tiff"), (".svg", "image/svg+xml"), (".dcm", "application/dicom"),
        (".edf", "application/edf"), (".json", "application/json"), (".xml", "application/xml"),
        (".html", "text/html"), (".htm", "text/html"), (".txt", "text/plain"),
        (".md", "text/markdown"), (".csv", "text/csv"), (".tsv", "text/tab-separated-values"),
        (".vcf", "text/plain"), (".hl7", "x-application/hl7-v2+er7"), (".zip", "application/zip"),
        (".gz", "application/gzip"), (".mp4", "video/mp4"), (".mp3", "audio/mpeg"),
        (".wav", "audio/wav"), (".docx", word), (".xlsx", sheet),
    ]

    private static let word =
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    private static let sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
}
