;; Pillow's two passes over 8-bit pixels of four values, for whole pictures, with 128-bit vectors.
;;
;; Calls from Python are dear, so that what they are about lies in memory, as words from address 0
;; on. Weights have 22 fractional bits, and the fast multiplication takes 16: a weight is split into
;; high * 32768 + low. Sums wrap around at 32 bits like Pillow's, so that only the total has to fit.
(module
  (memory (export "memory") 1)

  ;; Sums of products with high and with low halves, as whole numbers.
  (func $whole (param $high v128) (param $low v128) (result v128)
    (i32x4.shr_s
      (i32x4.add (i32x4.shl (local.get $high) (i32.const 15)) (local.get $low))
      (i32.const 22)))

  ;; The pass across over the last of the rows, and then the pass down.
  (func (export "finish")
    (call $across)
    (call $down))

  ;; The pass across over some rows. Words: 0 the first row, 1 its bytes, 2 rows, 3 spans: for each
  ;; position the offset of its first pixel and how many times four pixels it takes, 4 positions,
  ;; 5 weights: for each four pixels the halves as above, 6 the first result, 7 bytes from row to row.
  (func $across (export "across")
    (local $spans i32) (local $spansEnd i32) (local $weights i32) (local $to i32)
    (local $rowBytes i32) (local $toBytes i32)
    (local $from i32) (local $out i32) (local $rest i32) (local $quads i32)
    (local $pixel i32) (local $below i32) (local $step i32) (local $toStep i32)
    (local $weight i32) (local $weightEnd i32)
    (local $even v128) (local $odd v128) (local $high v128) (local $low v128)
    (local $highBelow v128) (local $lowBelow v128)
    (local $h0 v128) (local $h1 v128) (local $l0 v128) (local $l1 v128)
    (local.set $rowBytes (i32.load (i32.const 4)))
    (local.set $spans (i32.load (i32.const 12)))
    (local.set $spansEnd (i32.add (local.get $spans)
      (i32.shl (i32.load (i32.const 16)) (i32.const 3))))
    (local.set $weights (i32.load (i32.const 20)))
    (local.set $to (i32.load (i32.const 24)))
    (local.set $toBytes (i32.load (i32.const 28)))
    (block $done
      (loop $position
        (br_if $done (i32.ge_u (local.get $spans) (local.get $spansEnd)))
        (local.set $from (i32.add (i32.load (i32.const 0)) (i32.load (local.get $spans))))
        (local.set $quads (i32.load offset=4 (local.get $spans)))
        (local.set $weightEnd
          (i32.add (local.get $weights) (i32.shl (local.get $quads) (i32.const 4))))
        (local.set $out (local.get $to))
        (local.set $rest (i32.load (i32.const 8)))
        (if (i32.eq (local.get $quads) (i32.const 1))
          (then
            (local.set $h0 (v128.load32_splat (local.get $weights)))
            (local.set $h1 (v128.load32_splat offset=4 (local.get $weights)))
            (local.set $l0 (v128.load32_splat offset=8 (local.get $weights)))
            (local.set $l1 (v128.load32_splat offset=12 (local.get $weights)))
            (loop $row
              (local.set $even (v128.load (local.get $from)))
              (local.set $even (i8x16.shuffle 0 4 1 5 2 6 3 7 8 12 9 13 10 14 11 15
                (local.get $even) (local.get $even)))
              (local.set $odd (i16x8.extend_high_i8x16_u (local.get $even)))
              (local.set $even (i16x8.extend_low_i8x16_u (local.get $even)))
              (local.set $high (i32x4.add
                (i32x4.dot_i16x8_s (local.get $even) (local.get $h0))
                (i32x4.dot_i16x8_s (local.get $odd) (local.get $h1))))
              (local.set $low (i32x4.add
                (i32x4.dot_i16x8_s (local.get $even) (local.get $l0))
                (i32x4.dot_i16x8_s (local.get $odd) (local.get $l1))))
              (local.set $low (i32x4.shr_s
                (i32x4.add
                  (i32x4.add (i32x4.shl (local.get $high) (i32.const 15))
                    (v128.const i32x4 2097152 2097152 2097152 2097152))
                  (local.get $low))
                (i32.const 22)))
              (local.set $low (i16x8.narrow_i32x4_s (local.get $low) (local.get $low)))
              (v128.store32_lane 0 (local.get $out)
                (i8x16.narrow_i16x8_u (local.get $low) (local.get $low)))
              (local.set $from (i32.add (local.get $from) (local.get $rowBytes)))
              (local.set $out (i32.add (local.get $out) (local.get $toBytes)))
              (br_if $row (local.tee $rest (i32.sub (local.get $rest) (i32.const 1))))))
          (else
            ;; Two rows by the same weights; the last of an odd number is done twice.
            (loop $row
              (local.set $pixel (local.get $from))
              (local.set $step (local.get $rowBytes))
              (local.set $toStep (local.get $toBytes))
              (if (i32.eq (local.get $rest) (i32.const 1))
                (then
                  (local.set $step (i32.const 0))
                  (local.set $toStep (i32.const 0))))
              (local.set $below (i32.add (local.get $from) (local.get $step)))
              (local.set $weight (local.get $weights))
              (local.set $high (v128.const i32x4 0 0 0 0))
              (local.set $highBelow (local.get $high))
              (local.set $low (v128.const i32x4 2097152 2097152 2097152 2097152))
              (local.set $lowBelow (local.get $low))
              (loop $taps
                (local.set $h0 (v128.load32_splat (local.get $weight)))
                (local.set $h1 (v128.load32_splat offset=4 (local.get $weight)))
                (local.set $l0 (v128.load32_splat offset=8 (local.get $weight)))
                (local.set $l1 (v128.load32_splat offset=12 (local.get $weight)))
                (local.set $even (v128.load (local.get $pixel)))
                (local.set $even (i8x16.shuffle 0 4 1 5 2 6 3 7 8 12 9 13 10 14 11 15
                  (local.get $even) (local.get $even)))
                (local.set $odd (i16x8.extend_high_i8x16_u (local.get $even)))
                (local.set $even (i16x8.extend_low_i8x16_u (local.get $even)))
                (local.set $high (i32x4.add (local.get $high) (i32x4.add
                  (i32x4.dot_i16x8_s (local.get $even) (local.get $h0))
                  (i32x4.dot_i16x8_s (local.get $odd) (local.get $h1)))))
                (local.set $low (i32x4.add (local.get $low) (i32x4.add
                  (i32x4.dot_i16x8_s (local.get $even) (local.get $l0))
                  (i32x4.dot_i16x8_s (local.get $odd) (local.get $l1)))))
                (local.set $even (v128.load (local.get $below)))
                (local.set $even (i8x16.shuffle 0 4 1 5 2 6 3 7 8 12 9 13 10 14 11 15
                  (local.get $even) (local.get $even)))
                (local.set $odd (i16x8.extend_high_i8x16_u (local.get $even)))
                (local.set $even (i16x8.extend_low_i8x16_u (local.get $even)))
                (local.set $highBelow (i32x4.add (local.get $highBelow) (i32x4.add
                  (i32x4.dot_i16x8_s (local.get $even) (local.get $h0))
                  (i32x4.dot_i16x8_s (local.get $odd) (local.get $h1)))))
                (local.set $lowBelow (i32x4.add (local.get $lowBelow) (i32x4.add
                  (i32x4.dot_i16x8_s (local.get $even) (local.get $l0))
                  (i32x4.dot_i16x8_s (local.get $odd) (local.get $l1)))))
                (local.set $pixel (i32.add (local.get $pixel) (i32.const 16)))
                (local.set $below (i32.add (local.get $below) (i32.const 16)))
                (br_if $taps (i32.lt_u
                  (local.tee $weight (i32.add (local.get $weight) (i32.const 16)))
                  (local.get $weightEnd))))
              (local.set $low (call $whole (local.get $high) (local.get $low)))
              (local.set $low (i16x8.narrow_i32x4_s (local.get $low) (local.get $low)))
              (v128.store32_lane 0 (local.get $out)
                (i8x16.narrow_i16x8_u (local.get $low) (local.get $low)))
              (local.set $lowBelow (call $whole (local.get $highBelow) (local.get $lowBelow)))
              (local.set $lowBelow (i16x8.narrow_i32x4_s (local.get $lowBelow) (local.get $lowBelow)))
              (v128.store32_lane 0 (i32.add (local.get $out) (local.get $toStep))
                (i8x16.narrow_i16x8_u (local.get $lowBelow) (local.get $lowBelow)))
              (local.set $from (i32.add (local.get $from) (i32.shl (local.get $step) (i32.const 1))))
              (local.set $out (i32.add (local.get $out) (i32.shl (local.get $toStep) (i32.const 1))))
              (br_if $row (i32.gt_s
                (local.tee $rest (i32.sub (local.get $rest) (i32.const 2)))
                (i32.const 0))))))
        (local.set $weights (local.get $weightEnd))
        (local.set $spans (i32.add (local.get $spans) (i32.const 8)))
        (local.set $to (i32.add (local.get $to) (i32.const 4)))
        (br $position))))

  ;; The pass down over all rows, which leaves the fourth value of each pixel out. Words: 8 the first
  ;; row, 9 its bytes, a multiple of 16, 10 spans: for each row of the result the offset of its first
  ;; row and how many pairs of rows it takes, 11 rows of the result, 12 weights: for each pair of rows
  ;; two high halves and two low ones, 13 the first result, 14 bytes from row to row.
  (func $down
    (local $rowBytes i32) (local $spans i32) (local $spansEnd i32) (local $weights i32) (local $to i32)
    (local $from i32) (local $column i32) (local $out i32)
    (local $row i32) (local $weight i32) (local $weightEnd i32)
    (local $low v128) (local $above v128) (local $below v128) (local $wh v128) (local $wl v128)
    (local $h0 v128) (local $h1 v128) (local $h2 v128) (local $h3 v128)
    (local $l0 v128) (local $l1 v128) (local $l2 v128) (local $l3 v128)
    (local.set $rowBytes (i32.load (i32.const 36)))
    (local.set $spans (i32.load (i32.const 40)))
    (local.set $spansEnd (i32.add (local.get $spans)
      (i32.shl (i32.load (i32.const 44)) (i32.const 3))))
    (local.set $weights (i32.load (i32.const 48)))
    (local.set $to (i32.load (i32.const 52)))
    (block $done
      (loop $line
        (br_if $done (i32.ge_u (local.get $spans) (local.get $spansEnd)))
        (local.set $from (i32.add (i32.load (i32.const 32)) (i32.load (local.get $spans))))
        (local.set $weightEnd (i32.add (local.get $weights)
          (i32.shl (i32.load offset=4 (local.get $spans)) (i32.const 3))))
        (local.set $column (i32.const 0))
        (local.set $out (local.get $to))
        (loop $columns
          (local.set $row (i32.add (local.get $from) (local.get $column)))
          (local.set $weight (local.get $weights))
          (local.set $h0 (v128.const i32x4 0 0 0 0))
          (local.set $h1 (local.get $h0))
          (local.set $h2 (local.get $h0))
          (local.set $h3 (local.get $h0))
          (local.set $l0 (v128.const i32x4 2097152 2097152 2097152 2097152))
          (local.set $l1 (local.get $l0))
          (local.set $l2 (local.get $l0))
          (local.set $l3 (local.get $l0))
          (loop $pairs
            (local.set $above (v128.load (local.get $row)))
            (local.set $row (i32.add (local.get $row) (local.get $rowBytes)))
            (local.set $below (v128.load (local.get $row)))
            (local.set $row (i32.add (local.get $row) (local.get $rowBytes)))
            (local.set $wh (v128.load32_splat (local.get $weight)))
            (local.set $wl (v128.load32_splat offset=4 (local.get $weight)))
            (local.set $weight (i32.add (local.get $weight) (i32.const 8)))
            ;; The bytes of both rows by turns.
            (local.set $low (i8x16.shuffle 0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23
              (local.get $above) (local.get $below)))
            (local.set $above (i8x16.shuffle 8 24 9 25 10 26 11 27 12 28 13 29 14 30 15 31
              (local.get $above) (local.get $below)))
            (local.set $below (i16x8.extend_low_i8x16_u (local.get $low)))
            (local.set $h0
              (i32x4.add (local.get $h0) (i32x4.dot_i16x8_s (local.get $below) (local.get $wh))))
            (local.set $l0
              (i32x4.add (local.get $l0) (i32x4.dot_i16x8_s (local.get $below) (local.get $wl))))
            (local.set $below (i16x8.extend_high_i8x16_u (local.get $low)))
            (local.set $h1
              (i32x4.add (local.get $h1) (i32x4.dot_i16x8_s (local.get $below) (local.get $wh))))
            (local.set $l1
              (i32x4.add (local.get $l1) (i32x4.dot_i16x8_s (local.get $below) (local.get $wl))))
            (local.set $below (i16x8.extend_low_i8x16_u (local.get $above)))
            (local.set $h2
              (i32x4.add (local.get $h2) (i32x4.dot_i16x8_s (local.get $below) (local.get $wh))))
            (local.set $l2
              (i32x4.add (local.get $l2) (i32x4.dot_i16x8_s (local.get $below) (local.get $wl))))
            (local.set $below (i16x8.extend_high_i8x16_u (local.get $above)))
            (local.set $h3
              (i32x4.add (local.get $h3) (i32x4.dot_i16x8_s (local.get $below) (local.get $wh))))
            (local.set $l3
              (i32x4.add (local.get $l3) (i32x4.dot_i16x8_s (local.get $below) (local.get $wl))))
            (br_if $pairs (i32.lt_u (local.get $weight) (local.get $weightEnd))))
          (local.set $low (i8x16.narrow_i16x8_u
            (i16x8.narrow_i32x4_s
              (call $whole (local.get $h0) (local.get $l0))
              (call $whole (local.get $h1) (local.get $l1)))
            (i16x8.narrow_i32x4_s
              (call $whole (local.get $h2) (local.get $l2))
              (call $whole (local.get $h3) (local.get $l3)))))
          (v128.store (local.get $out)
            (i8x16.shuffle 0 1 2 4 5 6 8 9 10 12 13 14 3 7 11 15
              (local.get $low) (local.get $low)))
          (local.set $out (i32.add (local.get $out) (i32.const 12)))
          (br_if $columns (i32.lt_u
            (local.tee $column (i32.add (local.get $column) (i32.const 16)))
            (local.get $rowBytes))))
        (local.set $weights (local.get $weightEnd))
        (local.set $to (i32.add (local.get $to) (i32.load (i32.const 56))))
        (local.set $spans (i32.add (local.get $spans) (i32.const 8)))
        (br $line)))))
