#!/usr/bin/env python3
"""The dimuon mass spectrum with ROOT's distributed RDataFrame, computed on a session's Dask workers.

    alien-pod up -n 4 --python ~/root-dask/bin/python
    alien-pod connect -- python examples/root/dimuon.py

The data are made first: files of muon pairs in a directory that the workers see, too.
"""

import argparse
import os
import sys
import tempfile

import ROOT
from dask.distributed import Client

MUON_MASS = 0.1056583755

# Each pair decays from a parent of known mass, so that the spectrum has a J/psi peak over a falling background. Seeds
# follow from the entry's number: the data are the same at each making.
PAIR = f"""
    TRandom3 chance(entry + 1);
    const double mass = chance.Rndm() < 0.25 ? chance.Gaus(3.097, 0.07) : 2 + chance.Exp(1.1);
    const double p = std::sqrt(mass * mass / 4 - {MUON_MASS} * {MUON_MASS});
    double x, y, z;
    chance.Sphere(x, y, z, p);
    ROOT::Math::PxPyPzMVector one(x, y, z, {MUON_MASS}), other(-x, -y, -z, {MUON_MASS});
    const ROOT::Math::BoostZ boost(chance.Uniform(-0.8, 0.8));
    one = boost(one);
    other = boost(other);
    return ROOT::RVecD{{one.Pt(), one.Eta(), one.Phi(), other.Pt(), other.Eta(), other.Phi()}};
"""


def make(directory, files, pairs):
    """Files of muon pairs."""
    names = [os.path.join(directory, f"muons-{number}.root") for number in range(files)]
    for number, name in enumerate(names):
        print(f"making {name}", file=sys.stderr)
        frame = ROOT.RDataFrame(pairs).Define("entry", f"UInt_t(rdfentry_ + {number * pairs})").Define("pair", PAIR)
        for index, column in enumerate(["pt1", "eta1", "phi1", "pt2", "eta2", "phi2"]):
            frame = frame.Define(column, f"pair[{index}]")
        frame.Snapshot("muons", name, ["pt1", "eta1", "phi1", "pt2", "eta2", "phi2"])
    return names


def spectrum(frame):
    """What is computed, here or on the workers: the same lines for both."""
    masses = frame.Filter("pt1 > 0.3 && pt2 > 0.3").Define(
        "mass",
        f"(ROOT::Math::PtEtaPhiMVector(pt1, eta1, phi1, {MUON_MASS})"
        f" + ROOT::Math::PtEtaPhiMVector(pt2, eta2, phi2, {MUON_MASS})).M()",
    )
    return masses.Histo1D(("mass", "dimuon mass;GeV", 80, 2.0, 4.0), "mass"), masses.Count()


def contents(histogram):
    return [histogram.GetBinContent(bin) for bin in range(histogram.GetNbinsX() + 2)]


def main():
    arguments = argparse.ArgumentParser(description="The dimuon mass spectrum with ROOT's distributed RDataFrame.")
    arguments.add_argument("--files", type=int, default=4)
    arguments.add_argument("--pairs", type=int, default=250_000, help="muon pairs in each file")
    arguments = arguments.parse_args()

    with tempfile.TemporaryDirectory() as directory, Client() as client:
        names = make(directory, arguments.files, arguments.pairs)
        workers = len(client.scheduler_info(n_workers=-1)["workers"])
        print(f"ROOT {ROOT.__version__}, {len(names)} files of {arguments.pairs} muon pairs on {workers} workers")
        histogram, count = spectrum(ROOT.RDataFrame("muons", names, executor=client))
        peak = histogram.GetXaxis().GetBinCenter(histogram.GetMaximumBin())

        here, count_here = spectrum(ROOT.RDataFrame("muons", names))
        if contents(histogram) != contents(here) or count.GetValue() != count_here.GetValue():
            sys.exit("the spectrum differs from the one computed here")
    print(f"{count.GetValue()} pairs pass, peak at {peak:.3f} GeV, the same as computed here")


if __name__ == "__main__":
    main()
