// gmrtd's passive authentication: one case a line on stdin (JSON), one answer a line on stdout: "" accepted, or why not.
// Put it into a checkout of gmrtd as cmd/reads/main.go, `go build -o READS ./cmd/reads`, and name READS in GARIM_GMRTD.

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/gmrtd/gmrtd/cms"
	"github.com/gmrtd/gmrtd/document"
	"github.com/gmrtd/gmrtd/passiveauth"
)

type asked struct {
	Files   map[string][]byte `json:"files"`
	Trusted [][]byte          `json:"trusted"`
}

func read(one asked) (said string) {
	defer func() {
		if r := recover(); r != nil {
			said = fmt.Sprintf("panic: %v", r)
		}
	}()
	var doc document.Document
	var err error
	for name, data := range one.Files {
		switch {
		case name == "COM":
			doc.Mf.Lds1.Com, err = document.NewCOM(data)
		case name == "SOD":
			doc.Mf.Lds1.Sod, err = document.NewSOD(data)
		default:
			number, _ := strconv.Atoi(strings.TrimPrefix(name, "DG"))
			err = doc.NewDG(number, data)
		}
		if err != nil {
			return err.Error()
		}
	}
	var pool cms.GenericCertPool
	for _, der := range one.Trusted {
		if err := pool.Add(der); err != nil {
			return err.Error()
		}
	}
	if _, err := passiveauth.PassiveAuth(&doc, &pool); err != nil {
		return err.Error()
	}
	return ""
}

func main() {
	lines := bufio.NewReaderSize(os.Stdin, 1<<24)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 1 {
			var one asked
			if err := json.Unmarshal(line, &one); err != nil {
				panic(err)
			}
			out, _ := json.Marshal(read(one))
			fmt.Println(string(out))
		}
		if err != nil {
			return
		}
	}
}
