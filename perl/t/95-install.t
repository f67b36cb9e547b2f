use strict;
use warnings;

use Config;
use ExtUtils::Manifest qw(maniread manicopy);
use lib 't/lib';
use PoDTest qw(private_directory read_file receiver);
use Test::More;

# Builds and installs what MANIFEST lists, and nothing else, as somebody would who got it in an archive.
my $makefile = read_file('Makefile');
my ($library) = defined $makefile ? $makefile =~ /^ALIEN_POD_LIBRARY = (.*)$/m : ();
my ($headers) = defined $makefile ? $makefile =~ /^INC = -I(\S+)/m : ();
plan skip_all => 'no Makefile here that names the library' if !$library || !$headers;
(my $library_directory = $library) =~ s{/[^/]*$}{};
my @place = ("ALIEN_POD_LIBDIR=$library_directory", "ALIEN_POD_INCDIR=$headers");

delete @ENV{qw(MAKEFLAGS MAKELEVEL MFLAGS PERL5LIB PERL5OPT PERL_MM_OPT PERL_MB_OPT)};
my $here = private_directory();
my $source = "$here/source";
my $log = "$here/log";
mkdir $source or die "mkdir: $!";
{
    local $ExtUtils::Manifest::Quiet = 1;
    manicopy(maniread(), $source, 'cp');
}

sub runs {
    my ($name, @command) = @_;
    my $pid = fork;
    die "fork: $!" if !defined $pid;
    if ($pid == 0) {
        open STDOUT, '>>', $log;
        open STDERR, '>&', \*STDOUT;
        chdir $source or die "chdir: $!";
        exec @command or die "exec: $!";
    }
    waitpid $pid, 0;
    return is($?, 0, $name) || diag(read_file($log));
}

# What a program prints that uses the modules as they are installed there.
sub output_of {
    my ($directory, @arguments) = @_;
    my $pid = open my $output, '-|';
    die "fork: $!" if !defined $pid;
    if ($pid == 0) {
        open STDERR, '>&', \*STDOUT;
        chdir '/';
        exec $^X, "-I$directory", @arguments or die "exec: $!";
    }
    local $/;
    my $text = <$output>;
    close $output;
    return $text;
}

# Where a file is, below a directory.
sub place_of {
    my ($top, $wanted) = @_;
    require File::Find;
    my @found;
    File::Find::find({ no_chdir => 1, wanted => sub { push @found, $_ if m{/\Q$wanted\E$} } }, $top);
    return $found[0];
}

my $print = 'use AliEn::PoD; AliEn::PoD::Watcher->new; print AliEn::PoD::library_version(), " $INC{q(AliEn/PoD.pm)}"';

subtest 'INSTALL_BASE, and the tree moved afterwards' => sub {
    runs('perl Makefile.PL', $^X, 'Makefile.PL', "INSTALL_BASE=$here/base", @place);
    runs('make', $Config{make});
    runs('make install', $Config{make}, 'install');
    rename "$here/base", "$here/moved" or die "rename: $!";
    my $modules = "$here/moved/lib/perl5";
    my ($version, $from) = split ' ', output_of($modules, '-e', $print);
    is($version, '0.1.0', 'the modules find their library');
    like($from, qr{^\Q$modules\E/.*AliEn/PoD\.pm$}, '... where they are now');
    my $receiver = receiver();
    my $text = output_of($modules, "$here/moved/bin/alien-pod-publish", '--job-id', 7, '--address', 'a.example:1',
        '--destination', $receiver->address, '--once');
    like($text, qr/1 datagrams? sent/, 'a program works');
    ok($receiver->next, '... and sends');
    ok(place_of("$here/moved", 'AliEn::PoD::Watcher.3pm') || place_of("$here/moved", 'AliEn::PoD::Watcher.3'),
        'and there is a manual page');
};

subtest 'DESTDIR' => sub {
    runs('perl Makefile.PL', $^X, 'Makefile.PL', @place);
    runs('make', $Config{make});
    runs('make install', $Config{make}, 'install', "DESTDIR=$here/stage");
    my $module = place_of("$here/stage", 'AliEn/PoD.pm');
    ok($module, 'the modules are below it') or return;
    (my $modules = $module) =~ s{/AliEn/PoD\.pm$}{};
    my ($version, $from) = split ' ', output_of($modules, '-e', $print);
    is($version, '0.1.0', '... and find their library');
    is($from, $module, '... there');
    my $installed = place_of("$here/stage", 'libAlienPoD.so');
    my $built = -s $library;
    cmp_ok(-s $installed, '<', $built, 'the library is stripped');
    unlike(read_file($installed), qr/\Q$library_directory\E/, '... and names no place where it was built');
    unlike(read_file(place_of("$here/stage", 'PoD.so')), qr/\Q$library_directory\E/, '... and neither does PoD.so');
};

subtest 'a library that is not there' => sub {
    my $text = do { local $/; open my $output, '-|', "cd $source && $^X Makefile.PL ALIEN_POD_LIBDIR=/nowhere 2>&1"; <$output> };
    like($text, qr{/nowhere/libAlienPoD\.so is not there: build it first}, 'is named, with what to do');
};

done_testing;
