// WeightPictures's second file: its words beside those of the GUIDE.
const HEARD = {
  en: {
    yours: "✎ Your digit",
    whole: "All the ink",
    weights:
      "weights, 28 by 28 pixels: arrow keys move the cursor, with Shift by 4, Home and End to the edge, " +
      "Delete erases the ink there",
    evidence: "evidence: weight times brightness",
    pixel: "pixel",
    columns: ["row", "column", "", "weight", "brightness", "product"],
    at: (row, column, n, weight) => `row ${row}, column ${column}, n ${n}: weight ${weight}`,
    times: (brightness, product) => `, brightness ${brightness}, product ${product}`,
    score: "score",
    sums: ["sum of the positive", "sum of the negative", "sum", "", "", "change"],
    total: (sum, bias, score) => `sum ${sum}, bias ${bias}, score ${score}`,
    change: value => `, change ${value}`,
    without: "no image",
    digit: "digit",
    minus: "minus digit",
    none: "none",
    centred: "centred: subtract the mean of the ten",
    images: "test image, index: digit",
    drawing: "a drawing",
  },
  vi: {
    yours: "✎ Chữ số của bạn",
    whole: "Trả lại mực",
    weights:
      "trọng số, 28 × 28 điểm ảnh: các phím mũi tên di chuyển con trỏ, thêm Shift thì mỗi lần 4 điểm ảnh, Home và End đưa " +
      "đến mép, Delete xóa mực ở đó",
    evidence: "bằng chứng: trọng số nhân độ sáng",
    pixel: "điểm ảnh",
    columns: ["hàng", "cột", "", "trọng số", "độ sáng", "tích"],
    at: (row, column, n, weight) => `hàng ${row}, cột ${column}, n ${n}: trọng số ${weight}`,
    times: (brightness, product) => `, độ sáng ${brightness}, tích ${product}`,
    score: "điểm số",
    sums: ["tổng các số dương", "tổng các số âm", "tổng", "", "", "độ thay đổi"],
    total: (sum, bias, score) => `tổng ${sum}, hệ số chệch ${bias}, điểm số ${score}`,
    change: value => `, độ thay đổi ${value}`,
    without: "không có ảnh",
    digit: "chữ số",
    minus: "trừ đi chữ số",
    none: "không có",
    centred: "quy tâm: trừ đi trung bình của cả mười",
    images: "ảnh kiểm tra, chỉ số: chữ số",
    drawing: "hình vẽ",
  },
};
