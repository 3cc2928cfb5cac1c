/// What is too pale to read, as WCAG 2.2 counts it (1.4.3, minimum contrast).
enum Contrast {
    /// Evaluates to the texts whose colour stands off their background by less than 4.5, or 3 where
    /// they are large; empty where there is none.
    static let script = """
        (() => {
          const parts = (text) => text.match(/[0-9.]+/g).map(Number);
          const light = (rgb) => {
            const [r, g, b] = rgb.slice(0, 3).map((c) => c / 255)
              .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
          };
          const behind = (node) => {
            for (let at = node; at; at = at.parentElement) {
              const rgb = parts(getComputedStyle(at).backgroundColor);
              if (rgb.length < 4 || rgb[3] > 0.99) return rgb;
            }
            return parts(getComputedStyle(document.documentElement).backgroundColor);
          };
          const found = [];
          const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          let count = 0;
          while (walk.nextNode()) {
            const node = walk.currentNode.parentElement;
            if (!walk.currentNode.data.trim() || !node.checkVisibility()) continue;
            if (/^(SCRIPT|STYLE)$/.test(node.tagName)) continue;
            count += 1;
            const style = getComputedStyle(node);
            const [a, b] = [light(parts(style.color)), light(behind(node))].sort((x, y) => y - x);
            const ratio = (a + 0.05) / (b + 0.05);
            const size = parseFloat(style.fontSize);
            const least = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
            if (ratio < least) found.push(`${node.tagName} ${ratio.toFixed(2)} ${node.innerText}`);
          }
          return count > 5 ? [...new Set(found)].join("; ") : `only ${count} texts`;
        })()
        """
}
